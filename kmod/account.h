/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Accounts: what one user caused to be allocated.
 *
 * A user is a uid in a user namespace. A charge counts against the user, then
 * against the owner of that user namespace in its parent, and so on up: a
 * container full of user ids cannot take more than its owner may. The limits
 * are the module parameters user_max_bytes, user_max_objects and user_max_files,
 * the same at every level.
 */
#ifndef _IPCX_ACCOUNT_H
#define _IPCX_ACCOUNT_H

#include <linux/atomic.h>
#include <linux/cred.h>
#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/types.h>
#include <linux/uidgid.h>

struct user_namespace;

/**
 * enum ipcx_resource - What is charged.
 * @IPCX_BYTES: memory
 * @IPCX_OBJECTS: objects
 * @IPCX_FILES: files in messages
 * @IPCX_RESOURCES: how many kinds there are
 */
enum ipcx_resource {
	IPCX_BYTES,
	IPCX_OBJECTS,
	IPCX_FILES,
	IPCX_RESOURCES,
};

/**
 * struct ipcx_account - One user's charges.
 * @node: place in the table of accounts, account lock
 * @parent: account of @ns's owner, NULL in the initial user namespace; immutable
 * @ns: the user namespace, a reference; immutable
 * @uid: the user; immutable
 * @ref: holders
 * @used: what is charged, by resource; atomic
 */
struct ipcx_account {
	struct hlist_node node;
	struct ipcx_account *parent;
	struct user_namespace *ns;
	kuid_t uid;
	refcount_t ref;
	atomic64_t used[IPCX_RESOURCES];
};

/**
 * ipcx_account_is_current() - Is this the calling task's account?
 * @acct: an account
 */
static inline bool ipcx_account_is_current(const struct ipcx_account *acct)
{
	const struct cred *cred = current_cred();

	return uid_eq(acct->uid, cred->euid) && acct->ns == cred->user_ns;
}

/* The account that all of @acct's charges count in: who is behind its user. */
static inline struct ipcx_account *ipcx_account_top(struct ipcx_account *acct)
{
	while (acct->parent)
		acct = acct->parent;
	return acct;
}

struct ipcx_account *ipcx_account_get_current(void);
void ipcx_account_get(struct ipcx_account *acct);
void ipcx_account_put(struct ipcx_account *acct);
int ipcx_account_charge(struct ipcx_account *acct, enum ipcx_resource what,
			u64 n);
void ipcx_account_uncharge(struct ipcx_account *acct, enum ipcx_resource what,
			   u64 n);
void ipcx_account_usage(u64 used[IPCX_RESOURCES]);

#endif /* _IPCX_ACCOUNT_H */
