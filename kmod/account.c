// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accounts, see account.h.
 *
 * The table is small. Plain sends and calls look at it only when a message is
 * allocated anew; a reused message keeps its account.
 */
#include <linux/cred.h>
#include <linux/hash.h>
#include <linux/hashtable.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/user_namespace.h>

#include "account.h"
#include "ipcx.h"

/*
 * User namespaces nest at most 32 deep (user_namespaces(7)), plus the initial
 * one.
 */
#define IPCX_USERNS_DEPTH	34

static DEFINE_HASHTABLE(account_table, 8);
static DEFINE_SPINLOCK(account_lock);

static u32 account_hash(const struct user_namespace *ns, kuid_t uid)
{
	return hash_ptr(ns, 32) ^ hash_32(__kuid_val(uid), 32);
}

static struct ipcx_account *find_locked(const struct user_namespace *ns,
					kuid_t uid)
{
	struct ipcx_account *acct;

	lockdep_assert_held(&account_lock);
	hash_for_each_possible(account_table, acct, node, account_hash(ns, uid))
		if (acct->ns == ns && uid_eq(acct->uid, uid))
			return acct;
	return NULL;
}

static struct ipcx_account *find(const struct user_namespace *ns, kuid_t uid)
{
	struct ipcx_account *acct;

	spin_lock(&account_lock);
	acct = find_locked(ns, uid);
	if (acct)
		refcount_inc(&acct->ref);
	spin_unlock(&account_lock);
	return acct;
}

/*
 * Make the account of one level, or find the one that somebody else made
 * meanwhile. Takes over the reference to @parent.
 */
static struct ipcx_account *make(struct user_namespace *ns, kuid_t uid,
				 struct ipcx_account *parent)
{
	struct ipcx_account *acct, *other;

	acct = kzalloc(sizeof(*acct), IPCX_GFP);
	if (!acct) {
		ipcx_account_put(parent);
		return NULL;
	}
	acct->ns = get_user_ns(ns);
	acct->uid = uid;
	acct->parent = parent;
	refcount_set(&acct->ref, 1);

	spin_lock(&account_lock);
	other = find_locked(ns, uid);
	if (other)
		refcount_inc(&other->ref);
	else
		hash_add(account_table, &acct->node, account_hash(ns, uid));
	spin_unlock(&account_lock);
	if (!other)
		return acct;

	put_user_ns(acct->ns);
	kfree(acct);
	ipcx_account_put(parent);
	return other;
}

/**
 * ipcx_account_get_current() - Account of the calling task's effective user.
 *
 * Context: process context, may sleep.
 * Return: the account with a reference, NULL where there is no memory.
 */
struct ipcx_account *ipcx_account_get_current(void)
{
	struct {
		struct user_namespace *ns;
		kuid_t uid;
	} level[IPCX_USERNS_DEPTH];
	const struct cred *cred = current_cred();
	struct user_namespace *ns = cred->user_ns;
	struct ipcx_account *acct;
	kuid_t uid = cred->euid;
	int n = 0;

	acct = find(ns, uid);
	while (!acct && n < IPCX_USERNS_DEPTH) {
		level[n].ns = ns;
		level[n++].uid = uid;
		if (!ns->parent)
			break;
		uid = ns->owner;
		ns = ns->parent;
		acct = find(ns, uid);
	}
	while (n--) {
		acct = make(level[n].ns, level[n].uid, acct);
		if (!acct)
			return NULL;
	}
	return acct;
}

/**
 * ipcx_account_get() - Take a reference.
 * @acct: an account that something keeps
 *
 * Context: any.
 */
void ipcx_account_get(struct ipcx_account *acct)
{
	refcount_inc(&acct->ref);
}

/* Drop a reference; the last one under the lock, so that nobody finds it. */
static bool put_last(struct ipcx_account *acct)
{
	bool last;

	if (refcount_dec_not_one(&acct->ref))
		return false;
	spin_lock(&account_lock);
	last = refcount_dec_and_test(&acct->ref);
	if (last)
		hash_del(&acct->node);
	spin_unlock(&account_lock);
	return last;
}

/**
 * ipcx_account_put() - Drop a reference.
 * @acct: an account or NULL
 *
 * Context: process context.
 */
void ipcx_account_put(struct ipcx_account *acct)
{
	while (acct && put_last(acct)) {
		struct ipcx_account *parent = acct->parent;

		put_user_ns(acct->ns);
		kfree(acct);
		acct = parent;
	}
}

static u64 limit_of(enum ipcx_resource what)
{
	switch (what) {
	case IPCX_BYTES:
		return READ_ONCE(ipcx_user_max_bytes);
	case IPCX_OBJECTS:
		return READ_ONCE(ipcx_user_max_objects);
	default:
		return READ_ONCE(ipcx_user_max_files);
	}
}

/**
 * ipcx_account_charge() - Charge a user and the owners above it.
 * @acct: the user's account
 * @what: the resource
 * @n: how much of it
 *
 * A charge that is refused for being too large may for a moment make a smaller
 * one fail, too.
 *
 * Context: any.
 * Return: 0, or -EDQUOT with nothing charged.
 */
int ipcx_account_charge(struct ipcx_account *acct, enum ipcx_resource what,
			u64 n)
{
	u64 limit = limit_of(what);
	struct ipcx_account *at;

	for (at = acct; at; at = at->parent) {
		if (atomic64_add_return(n, &at->used[what]) > limit) {
			atomic64_sub(n, &at->used[what]);
			break;
		}
	}
	if (!at)
		return 0;
	for (; acct != at; acct = acct->parent)
		atomic64_sub(n, &acct->used[what]);
	return -EDQUOT;
}

/**
 * ipcx_account_uncharge() - Give a charge back.
 * @acct: the account that was charged
 * @what: the resource
 * @n: how much of it
 *
 * Context: any.
 */
void ipcx_account_uncharge(struct ipcx_account *acct, enum ipcx_resource what,
			   u64 n)
{
	for (; acct; acct = acct->parent)
		atomic64_sub(n, &acct->used[what]);
}

/**
 * ipcx_account_usage() - What is charged to the calling task's user.
 * @used: where it goes, by resource
 */
void ipcx_account_usage(u64 used[IPCX_RESOURCES])
{
	const struct cred *cred = current_cred();
	struct ipcx_account *acct = find(cred->user_ns, cred->euid);
	int i;

	for (i = 0; i < IPCX_RESOURCES; i++)
		used[i] = acct ? atomic64_read(&acct->used[i]) : 0;
	ipcx_account_put(acct);
}
