// SPDX-License-Identifier: LGPL-2.1-or-later
/* Arguments that several commands have: a usage error where one is wrong. */
#include "tool.h"

const char *name_arg(struct argp_state *state, const char *arg)
{
	const char *wrong = name_error(arg);

	if (wrong)
		argp_error(state, "'%s': %s", arg, wrong);
	return arg;
}

error_t name_option(int key, char *arg, struct argp_state *state, const char **name)
{
	switch (key) {
	case ARGP_KEY_ARG:
		if (*name)
			argp_usage(state);
		*name = name_arg(state, arg);
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_usage(state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

void dest_arg(struct argp_state *state, const char *arg, struct dest *dest)
{
	dest->text = arg;
	dest->is_port = parse_u64(arg, UINT64_MAX, &dest->port);
	if (!dest->is_port && arg[0] != '/')
		argp_error(state, "'%s': neither a name, which begins with '/', nor a port", arg);
	if (!dest->is_port)
		name_arg(state, arg);
}

bool dest_or_text_arg(struct argp_state *state, const char *arg, struct dest *dest,
		      const char **text)
{
	if (!dest->text)
		dest_arg(state, arg, dest);
	else if (!*text)
		*text = arg;
	else
		return false;
	return true;
}

uint64_t number_arg(struct argp_state *state, const char *option, const char *arg)
{
	uint64_t value = 0;

	if (!parse_u64(arg, UINT64_MAX, &value))
		argp_error(state, "--%s: '%s' is not a number from 0 to 2^64-1", option, arg);
	return value;
}

uint64_t count_arg(struct argp_state *state, const char *option, const char *arg)
{
	uint64_t value = 0;

	if (!parse_u64(arg, UINT64_MAX, &value) || !value)
		argp_error(state, "--%s: '%s' is not a number above 0", option, arg);
	return value;
}

uint64_t size_arg(struct argp_state *state, const char *option, const char *arg)
{
	uint64_t value = 0;

	if (!parse_size(arg, &value) || !value)
		argp_error(state, "--%s: '%s' is not a size, such as 4096 or 64K", option, arg);
	return value;
}

uint32_t priority_arg(struct argp_state *state, const char *option, const char *arg)
{
	uint64_t value = 0;

	if (!parse_u64(arg, IPCX_PRIO_MAX, &value))
		argp_error(state, "--%s: '%s' is not a number from 0 to %d", option, arg,
			   IPCX_PRIO_MAX);
	return value;
}

uint32_t mode_arg(struct argp_state *state, const char *option, const char *arg)
{
	uint32_t mode = 0;

	if (!parse_mode(arg, &mode))
		argp_error(state, "--%s: '%s' is not octal permission bits, such as 0660",
			   option, arg);
	return mode;
}

uint32_t spin_arg(struct argp_state *state, const char *arg)
{
	int64_t ns = 0;

	if (!parse_duration(arg, &ns) || !ns || ns > IPCX_SPIN_NS_MAX)
		argp_error(state, "--spin: '%s' is not a time up to 10ms, such as 20us", arg);
	return ns;
}

unsigned int word_arg(struct argp_state *state, const char *option, const char *arg,
		      const char *const *words, unsigned int count)
{
	char *list = NULL, *longer;

	for (unsigned int i = 0; i < count; i++) {
		if (!strcmp(arg, words[i])) {
			free(list);
			return i;
		}
		longer = format_text("%s%s'%s'", list ? list : "", list ? ", " : "", words[i]);
		free(list);
		list = longer;
	}
	argp_error(state, "--%s: '%s' is none of %s", option, arg, list);
	free(list);
	return 0;
}

unsigned int wait_policy_arg(struct argp_state *state, const char *arg)
{
	static const char *const policies[] = {
		[IPCX_WAIT_BLOCK] = "block",
		[IPCX_WAIT_ADAPTIVE] = "adaptive",
		[IPCX_WAIT_SPIN] = "spin",
	};

	return word_arg(state, "wait-policy", arg, policies, ARRAY_SIZE(policies));
}

void timeout_arg(struct argp_state *state, const char *arg, struct patience *p)
{
	if (!parse_duration(arg, &p->timeout_ns))
		argp_error(state, "--timeout: '%s' is not a time, such as 2, 1.5s or 200ms", arg);
	p->has_timeout = true;
}

error_t patience_option(int key, char *arg, struct argp_state *state, struct patience *p)
{
	switch (key) {
	case 'T':
		timeout_arg(state, arg, p);
		return 0;
	case 'n':
		p->nonblock = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

void check_patience(struct argp_state *state, const struct patience *p)
{
	if (p->nonblock && p->has_timeout)
		argp_error(state, "--nonblock and --timeout exclude each other");
}

void begin_waiting(const struct patience *p, uint32_t *flags, uint32_t *clock, int64_t *deadline_ns)
{
	if (p->nonblock)
		*flags |= IPCX_XFER_NONBLOCK;
	if (!p->has_timeout)
		return;
	*flags |= IPCX_XFER_DEADLINE;
	*clock = CLOCK_MONOTONIC;
	*deadline_ns = ipcx_deadline_after(CLOCK_MONOTONIC, p->timeout_ns);
}
