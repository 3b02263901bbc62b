/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Objects: what all kinds have in common. Identity, name, owner, rights,
 * lifetime, and the registry in which they are found.
 *
 * Life of an object:
 *
 *   alloc (kind's create)      one reference, one handle count: the opener's
 *   ipcx_object_publish()      in the registry: by id, and by name if it has one
 *   ipcx_object_open_name()    further handles
 *   ipcx_object_unlink()       the name and its reference go
 *   ipcx_object_close()        a handle goes; the last one of an object without
 *                              a name takes the content along
 *   ipcx_object_put()          the last reference frees it
 */
#ifndef _IPCX_OBJECT_H
#define _IPCX_OBJECT_H

#include <linux/atomic.h>
#include <linux/fs.h>
#include <linux/ipcx.h>
#include <linux/refcount.h>
#include <linux/rhashtable-types.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/uidgid.h>

struct ipcx_account;
struct ipcx_net;
struct ipcx_object;
struct net;
struct seq_file;
struct user_namespace;

/**
 * struct ipcx_kind_ops - What makes a kind of object.
 * @kind: its number in the interface
 * @name: its name in messages
 * @one_receiver: the creator has the only right to receive
 * @fops: file operations of its handles
 * @create: make an object from attributes (@attr is NULL for the defaults);
 *	returns it or an ERR_PTR
 * @destroy: free it; nobody refers to it any more
 * @drain: drop its content; it has neither name nor handles
 * @idle: give up what only serves speed; it has no handles
 * @stat: fill in the kind's part of the state
 */
struct ipcx_kind_ops {
	u32 kind;
	const char *name;
	bool one_receiver;
	const struct file_operations *fops;
	struct ipcx_object *(*create)(const void __user *attr, u32 attr_size);
	void (*destroy)(struct ipcx_object *obj);
	void (*drain)(struct ipcx_object *obj);
	void (*idle)(struct ipcx_object *obj);
	void (*stat)(struct ipcx_object *obj, struct ipcx_stat *st);
};

/**
 * struct ipcx_object - Base of all objects.
 * @id: never used again; immutable
 * @kind: immutable
 * @ref: holders: the name, each handle, each inode
 * @handles: open file descriptions; registry lock
 * @linked: has a name; registry lock
 * @net: registry that it is in, NULL before and after; registry lock
 * @node: entry in the table of names; registry lock
 * @name: name, kept after unlink; immutable. "" when anonymous
 * @name_len: its length; immutable
 * @user_ns: user namespace of the creator, a reference; immutable
 * @perm_lock: protects @uid, @gid, @mode
 * @uid: owner
 * @gid: owner's group
 * @mode: permission bits
 * @acct: account of the creator, a reference; immutable
 * @charged: bytes charged to @acct for the object itself; immutable
 * @created_ns: time of creation, CLOCK_REALTIME; immutable
 * @rcu: for look-ups by id, which take no lock
 */
struct ipcx_object {
	u64 id;
	const struct ipcx_kind_ops *kind;
	refcount_t ref;
	u32 handles;
	bool linked;
	struct ipcx_net *net;
	struct rhash_head node;
	char *name;
	u32 name_len;
	struct user_namespace *user_ns;
	spinlock_t perm_lock;	/* uid, gid, mode */
	kuid_t uid;
	kgid_t gid;
	umode_t mode;
	struct ipcx_account *acct;
	u64 charged;
	u64 created_ns;
	struct rcu_head rcu;
};

/**
 * struct ipcx_name - A checked name of an object.
 * @len: length in bytes, 0: anonymous
 * @str: the name, NUL-terminated
 */
struct ipcx_name {
	u32 len;
	char str[IPCX_NAME_MAX + 1];
};

int ipcx_objects_init(void);
void ipcx_objects_exit(void);

int ipcx_name_get(struct ipcx_name *name, u64 uaddr, u32 len);

int ipcx_object_init(struct ipcx_object *obj, const struct ipcx_kind_ops *kind,
		     u64 charge);
void ipcx_object_fini(struct ipcx_object *obj);
int ipcx_object_set_name(struct ipcx_object *obj, const struct ipcx_name *name);
void ipcx_object_get(struct ipcx_object *obj);

/* Take a reference unless the last one is gone. Under RCU. */
static inline bool ipcx_object_get_live(struct ipcx_object *obj)
{
	return refcount_inc_not_zero(&obj->ref);
}

void ipcx_object_put(struct ipcx_object *obj);
void ipcx_object_close(struct ipcx_object *obj);
int ipcx_object_permission(struct ipcx_object *obj, u32 rights);
bool ipcx_object_permits(struct ipcx_object *obj, u32 rights);

int ipcx_object_publish(struct ipcx_object *obj, struct net *net);
struct ipcx_object *ipcx_object_open_name(struct net *net,
					  const struct ipcx_name *name,
					  u32 kind, u32 rights);
struct ipcx_object *ipcx_object_get_name(struct net *net,
					 const struct ipcx_name *name,
					 u32 kind, u32 rights);
struct ipcx_object *ipcx_object_get_id(struct net *net, u64 id);
void ipcx_object_add_handle(struct ipcx_object *obj);
void ipcx_object_withdraw(struct ipcx_object *obj);
int ipcx_object_unlink(struct net *net, const struct ipcx_name *name);
struct ipcx_object *ipcx_object_next(struct net *net, u64 *cursor, u32 kind);
void ipcx_object_stat(struct ipcx_object *obj, struct ipcx_stat *st);
void ipcx_show_name(struct seq_file *m, const char *name);
void ipcx_objects_show(struct seq_file *m,
		       void (*show)(struct seq_file *m, struct ipcx_object *obj,
				    const struct ipcx_stat *st));

/* fs.c */
struct file *ipcx_fs_open(struct ipcx_object *obj, u32 flags);
void ipcx_fs_release(struct file *file);
bool ipcx_file_is(const struct file *file, const struct ipcx_kind_ops *kind);
bool ipcx_file_receives(const struct file *file, const struct ipcx_object *obj);

/* Kinds. */
extern const struct ipcx_kind_ops ipcx_queue_kind_ops;
extern const struct ipcx_kind_ops ipcx_mbox_kind_ops;
extern const struct ipcx_kind_ops ipcx_ring_kind_ops;

/* mbox_target.c */
struct ipcx_object *ipcx_mbox_open_port(struct net *net, u64 port, u32 rights);

#endif /* _IPCX_OBJECT_H */
