// SPDX-License-Identifier: LGPL-2.1-or-later
/* Objects in words and in JSON. */
#include <grp.h>
#include <pwd.h>

#include "tool.h"

static const char *const kinds[] = {
	[IPCX_KIND_QUEUE] = "queue",
	[IPCX_KIND_MBOX] = "mbox",
	[IPCX_KIND_RING] = "ring",
};

const char *kind_name(const struct ipcx_stat *stat)
{
	if (stat->state & IPCX_STAT_GROUP)
		return "group";
	return stat->kind < ARRAY_SIZE(kinds) && kinds[stat->kind] ? kinds[stat->kind] : "unknown";
}

const char *overflow_name(unsigned int overflow)
{
	switch (overflow) {
	case IPCX_OVERFLOW_BLOCK:
		return "block";
	case IPCX_OVERFLOW_DROP:
		return "drop";
	default:
		return "unknown";
	}
}

const char *ring_mode_name(unsigned int mode)
{
	switch (mode) {
	case IPCX_RING_SPSC:
		return "spsc";
	case IPCX_RING_MPSC:
		return "mpsc";
	case IPCX_RING_BROADCAST:
		return "broadcast";
	default:
		return "unknown";
	}
}

char *user_name(uid_t uid)
{
	const struct passwd *pw = getpwuid(uid);

	return pw ? format_text("%s", pw->pw_name) : format_text("%u", uid);
}

char *group_name(gid_t gid)
{
	const struct group *gr = getgrgid(gid);

	return gr ? format_text("%s", gr->gr_name) : format_text("%u", gid);
}

char *time_text(uint64_t ns)
{
	time_t seconds = ns / 1000000000;
	struct tm tm;
	char text[64];

	if (!localtime_r(&seconds, &tm) || !strftime(text, sizeof(text), "%F %T %z", &tm))
		return format_text("unknown");
	return format_text("%s", text);
}

/* What only objects of that kind have. */
static void set_special(json_t *obj, const struct ipcx_stat *stat)
{
	switch (stat->kind) {
	case IPCX_KIND_QUEUE:
		json_set_str(obj, "overflow", overflow_name(stat->overflow));
		json_set_bool(obj, "notify", stat->state & IPCX_STAT_NOTIFY);
		json_set_u64(obj, "dropped", stat->dropped);
		break;
	case IPCX_KIND_MBOX:
		json_set_bool(obj, "dead", stat->state & IPCX_STAT_DEAD);
		json_set_u64(obj, "calls", stat->calls);
		json_set_u64(obj, "members", stat->members);
		json_set_u64(obj, "watches", stat->watches);
		json_set_u64(obj, "lost", stat->lost);
		json_set_u64(obj, "ring_size", stat->ring_size);
		json_set_u64(obj, "ring_used", stat->ring_used);
		json_set_u64(obj, "ring_msgs", stat->ring_msgs);
		json_set_u64(obj, "consumers", stat->consumers);
		break;
	case IPCX_KIND_RING:
		json_set_str(obj, "ring_mode", ring_mode_name(stat->ring_mode));
		json_set_bool(obj, "huge", stat->state & IPCX_STAT_HUGE);
		json_set_bool(obj, "eof", stat->state & IPCX_STAT_EOF);
		json_set_bool(obj, "broken", stat->state & IPCX_STAT_BROKEN);
		json_set_u64(obj, "producers", stat->producers);
		json_set_u64(obj, "consumers", stat->consumers);
		json_set_u64(obj, "lost", stat->lost);
		break;
	}
}

json_t *stat_json(const struct ipcx_stat *stat)
{
	json_t *obj = check_alloc(json_object());
	const struct {
		const char *key;
		uint64_t value;
	} numbers[] = {
		{ "uid", stat->uid },
		{ "gid", stat->gid },
		{ "handles", stat->handles },
		{ "recv_waiters", stat->recv_waiters },
		{ "send_waiters", stat->send_waiters },
		{ "max_msgs", stat->max_msgs },
		{ "max_msg_size", stat->max_msg_size },
		{ "max_bytes", stat->max_bytes },
		{ "depth", stat->depth },
		{ "inflight", stat->inflight },
		{ "bytes", stat->bytes },
		{ "sent", stat->sent },
		{ "received", stat->received },
		{ "sent_bytes", stat->sent_bytes },
		{ "received_bytes", stat->received_bytes },
		{ "send_blocked", stat->send_blocked },
		{ "recv_blocked", stat->recv_blocked },
		{ "depth_max", stat->depth_max },
		{ "bytes_max", stat->bytes_max },
		{ "created_ns", stat->created_ns },
	};
	char *owner = user_name(stat->uid);
	char mode[16];

	json_set_u64(obj, "id", stat->id);
	json_set_str(obj, "kind", kind_name(stat));
	if (stat->state & IPCX_STAT_NAMED)
		json_set_bytes(obj, "name", stat->name, stat->name_len);
	json_set_bytes(obj, "owner", owner, strlen(owner));
	snprintf(mode, sizeof(mode), "%04o", stat->mode);
	json_set_str(obj, "mode", mode);
	set_special(obj, stat);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		json_set_u64(obj, numbers[i].key, numbers[i].value);
	free(owner);
	return obj;
}

json_t *mail_json(const struct ipcx_mbox_recv *mail)
{
	json_t *obj = check_alloc(json_object());

	json_set_u64(obj, "type", mail->type);
	json_set_u64(obj, "priority", mail->priority);
	json_set_u64(obj, "cookie", mail->cookie);
	json_set_u64(obj, "seq", mail->seq);
	json_set_u64(obj, "sender", mail->sender);
	json_set_u64(obj, "pid", mail->pid);
	json_set_u64(obj, "tid", mail->tid);
	json_set_u64(obj, "uid", mail->uid);
	json_set_u64(obj, "gid", mail->gid);
	return obj;
}
