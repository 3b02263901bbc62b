// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects and their registry, see object.h.
 *
 * There is one registry lock for all network namespaces: it is held for the
 * moment of a look-up, an insertion or a removal, and one lock makes the end of
 * a namespace plain. An object in the registry without a reference left is about to
 * take itself out; look-ups pass it over.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/jhash.h>
#include <linux/mutex.h>
#include <linux/rtnetlink.h>
#include <linux/rhashtable.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string_helpers.h>
#include <linux/timekeeping.h>
#include <linux/user_namespace.h>
#include <linux/xarray.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "account.h"
#include "ipcx.h"
#include "limits.h"
#include "object.h"
#include "trace.h"
#include "uabi.h"

/**
 * struct ipcx_net - Registry of one network namespace.
 * @objects: all published objects by id; registry lock
 * @names: those that have a name, by name; registry lock
 */
struct ipcx_net {
	struct xarray objects;
	struct rhashtable names;
};

static unsigned int ipcx_net_id __read_mostly;
static DEFINE_MUTEX(registry_lock);
static atomic64_t last_id = ATOMIC64_INIT(0);
static bool unloading;

static u32 name_hash(const void *data, u32 len, u32 seed)
{
	const struct ipcx_name *name = data;

	return jhash(name->str, name->len, seed);
}

static u32 name_obj_hash(const void *data, u32 len, u32 seed)
{
	const struct ipcx_object *obj = data;

	return jhash(obj->name, obj->name_len, seed);
}

static int name_obj_cmp(struct rhashtable_compare_arg *arg, const void *data)
{
	const struct ipcx_name *name = arg->key;
	const struct ipcx_object *obj = data;

	return name->len != obj->name_len ||
	       memcmp(name->str, obj->name, name->len);
}

static const struct rhashtable_params name_params = {
	.head_offset = offsetof(struct ipcx_object, node),
	.hashfn = name_hash,
	.obj_hashfn = name_obj_hash,
	.obj_cmpfn = name_obj_cmp,
	.automatic_shrinking = true,
};

static struct ipcx_net *net_registry(const struct net *net)
{
	return net_generic(net, ipcx_net_id);
}

/**
 * ipcx_name_get() - Read and check a name.
 * @name: where to
 * @uaddr: user address, 0 for an anonymous object
 * @len: length in bytes
 *
 * Context: process context, may fault.
 * Return: 0, -EFAULT, -EINVAL or -ENAMETOOLONG.
 */
int ipcx_name_get(struct ipcx_name *name, u64 uaddr, u32 len)
{
	name->len = 0;
	name->str[0] = '\0';
	if (!uaddr)
		return len ? -EINVAL : 0;
	if (len > IPCX_NAME_MAX)
		return -ENAMETOOLONG;
	if (len < 2)
		return -EINVAL;
	if (copy_from_user(name->str, u64_to_user_ptr(uaddr), len))
		return -EFAULT;
	name->str[len] = '\0';
	if (name->str[0] != '/' || memchr(name->str + 1, '/', len - 1) ||
	    memchr(name->str, '\0', len))
		return -EINVAL;
	name->len = len;
	return 0;
}

/**
 * ipcx_object_init() - Set up the base of a new object.
 * @obj: the object, zeroed
 * @kind: its kind
 * @charge: bytes to charge to the calling user
 *
 * The object starts with one reference and one handle count, both the
 * caller's, and belongs to the caller's effective user with mode 0.
 *
 * Context: process context, may sleep.
 * Return: 0, -EDQUOT or -ENOMEM; on error there is nothing to undo.
 */
int ipcx_object_init(struct ipcx_object *obj, const struct ipcx_kind_ops *kind,
		     u64 charge)
{
	const struct cred *cred = current_cred();
	int ret;

	obj->acct = ipcx_account_get_current();
	if (!obj->acct)
		return -ENOMEM;
	ret = ipcx_account_charge(obj->acct, IPCX_OBJECTS, 1);
	if (ret)
		goto put;
	ret = ipcx_account_charge(obj->acct, IPCX_BYTES, charge);
	if (ret)
		goto uncharge;
	obj->charged = charge;
	obj->id = atomic64_inc_return(&last_id);
	obj->kind = kind;
	obj->name = "";
	obj->handles = 1;
	refcount_set(&obj->ref, 1);
	spin_lock_init(&obj->perm_lock);
	obj->user_ns = get_user_ns(cred->user_ns);
	obj->uid = cred->euid;
	obj->gid = cred->egid;
	obj->created_ns = ktime_get_real_ns();
	return 0;

uncharge:
	ipcx_account_uncharge(obj->acct, IPCX_OBJECTS, 1);
put:
	ipcx_account_put(obj->acct);
	return ret;
}

/**
 * ipcx_object_fini() - Undo ipcx_object_init() and ipcx_object_set_name().
 * @obj: an object that is in no registry
 *
 * Context: process context.
 */
void ipcx_object_fini(struct ipcx_object *obj)
{
	if (obj->name_len)
		kfree(obj->name);
	ipcx_account_uncharge(obj->acct, IPCX_BYTES, obj->charged);
	ipcx_account_uncharge(obj->acct, IPCX_OBJECTS, 1);
	ipcx_account_put(obj->acct);
	put_user_ns(obj->user_ns);
}

/**
 * ipcx_object_set_name() - Give a new object its name.
 * @obj: an object that is in no registry
 * @name: the name; an anonymous one changes nothing
 *
 * Context: process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int ipcx_object_set_name(struct ipcx_object *obj, const struct ipcx_name *name)
{
	char *str;

	if (!name->len)
		return 0;
	str = kmemdup(name->str, name->len + 1, GFP_KERNEL_ACCOUNT);
	if (!str)
		return -ENOMEM;
	obj->name = str;
	obj->name_len = name->len;
	return 0;
}

/**
 * ipcx_object_get() - Take a reference.
 * @obj: an object that the caller has a reference to
 */
void ipcx_object_get(struct ipcx_object *obj)
{
	refcount_inc(&obj->ref);
}

/**
 * ipcx_object_put() - Drop a reference; the last one frees the object.
 * @obj: an object or NULL
 *
 * Context: process context, may sleep. Not under the registry lock.
 */
void ipcx_object_put(struct ipcx_object *obj)
{
	if (!obj || !refcount_dec_and_test(&obj->ref))
		return;
	mutex_lock(&registry_lock);
	if (obj->net)
		xa_erase(&obj->net->objects, obj->id);
	mutex_unlock(&registry_lock);
	trace_ipcx_object_free(obj);
	obj->kind->destroy(obj);
}

/**
 * ipcx_object_close() - A handle of the object is gone.
 * @obj: the object
 *
 * Drops the handle's count and reference.
 *
 * Context: process context, may sleep.
 */
void ipcx_object_close(struct ipcx_object *obj)
{
	bool last, dead;

	mutex_lock(&registry_lock);
	last = !--obj->handles;
	dead = last && !obj->linked;
	mutex_unlock(&registry_lock);
	if (dead)
		obj->kind->drain(obj);
	else if (last)
		obj->kind->idle(obj);
	ipcx_object_put(obj);
}

/* Does the mode give the calling task these rights? */
static bool mode_permits(struct ipcx_object *obj, u32 rights)
{
	umode_t mode, want = 0;

	if (rights & (IPCX_OPEN_READ | IPCX_OPEN_SUBSCRIBE))
		want |= 04;
	if (rights & IPCX_OPEN_WRITE)
		want |= 02;
	spin_lock(&obj->perm_lock);
	mode = obj->mode;
	if (uid_eq(current_euid(), obj->uid))
		mode >>= 6;
	else if (in_egroup_p(obj->gid))
		mode >>= 3;
	spin_unlock(&obj->perm_lock);
	return (mode & want) == want;
}

/**
 * ipcx_object_permission() - May the calling task open the object so?
 * @obj: the object
 * @rights: IPCX_OPEN_READ, IPCX_OPEN_WRITE, IPCX_OPEN_SUBSCRIBE
 *
 * Context: any.
 * Return: 0 or -EACCES.
 */
int ipcx_object_permission(struct ipcx_object *obj, u32 rights)
{
	if (mode_permits(obj, rights) ||
	    ns_capable(obj->user_ns, CAP_IPC_OWNER))
		return 0;
	return -EACCES;
}

/**
 * ipcx_object_permits() - ipcx_object_permission(), when nobody asked to be let in.
 * @obj: the object
 * @rights: IPCX_OPEN_READ, IPCX_OPEN_WRITE, IPCX_OPEN_SUBSCRIBE
 *
 * For lists and notices: a denial is not recorded.
 *
 * Context: any.
 * Return: true where it may.
 */
bool ipcx_object_permits(struct ipcx_object *obj, u32 rights)
{
	return mode_permits(obj, rights) ||
	       ns_capable_noaudit(obj->user_ns, CAP_IPC_OWNER);
}

/**
 * ipcx_object_publish() - Make a new object findable.
 * @obj: the object
 * @net: network namespace, whose end the caller holds off
 *
 * Context: process context, may sleep.
 * Return: 0, -EEXIST where the name is taken, or -ENOMEM.
 */
int ipcx_object_publish(struct ipcx_object *obj, struct net *net)
{
	struct ipcx_net *reg = net_registry(net);
	int ret;

	/* Memory comes before the lock, which everybody needs. */
	ret = xa_reserve(&reg->objects, obj->id, GFP_KERNEL_ACCOUNT);
	if (ret)
		return ret;
	mutex_lock(&registry_lock);
	if (obj->name_len) {
		struct ipcx_name key = { .len = obj->name_len };

		memcpy(key.str, obj->name, obj->name_len);
		ret = rhashtable_lookup_insert_key(&reg->names, &key,
						   &obj->node, name_params);
		if (ret) {
			xa_release(&reg->objects, obj->id);
			goto unlock;
		}
		obj->linked = true;
		ipcx_object_get(obj);
	}
	xa_store(&reg->objects, obj->id, obj, GFP_NOWAIT);
	obj->net = reg;
	trace_ipcx_object_create(obj);
unlock:
	mutex_unlock(&registry_lock);
	return ret;
}

static struct ipcx_object *find_name_locked(struct ipcx_net *reg,
					    const struct ipcx_name *name)
{
	lockdep_assert_held(&registry_lock);
	return rhashtable_lookup_fast(&reg->names, name, name_params);
}

static struct ipcx_object *get_name_locked(struct net *net,
					   const struct ipcx_name *name,
					   u32 kind, u32 rights)
{
	struct ipcx_object *obj;
	int ret;

	obj = find_name_locked(net_registry(net), name);
	if (!obj)
		return ERR_PTR(-ENOENT);
	if (obj->kind->kind != kind)
		return ERR_PTR(-EPROTOTYPE);
	ret = ipcx_object_permission(obj, rights);
	if (ret)
		return ERR_PTR(ret);
	if (obj->kind->one_receiver && rights & IPCX_OPEN_READ)
		return ERR_PTR(-EBUSY);
	ipcx_object_get(obj);
	return obj;
}

/**
 * ipcx_object_open_name() - Find an object for a new handle.
 * @net: network namespace, whose end the caller holds off
 * @name: its name
 * @kind: kind that is expected
 * @rights: IPCX_OPEN_READ, IPCX_OPEN_WRITE, IPCX_OPEN_SUBSCRIBE
 *
 * Context: process context, may sleep.
 * Return: the object with a reference and a handle count for the caller; or
 * -ENOENT, -EPROTOTYPE, -EACCES, or -EBUSY (the right to receive is another's) as
 * ERR_PTR.
 */
struct ipcx_object *ipcx_object_open_name(struct net *net,
					  const struct ipcx_name *name,
					  u32 kind, u32 rights)
{
	struct ipcx_object *obj;

	mutex_lock(&registry_lock);
	obj = get_name_locked(net, name, kind, rights);
	if (!IS_ERR(obj))
		obj->handles++;
	mutex_unlock(&registry_lock);
	return obj;
}

/**
 * ipcx_object_get_name() - Find an object.
 * @net: network namespace, whose end the caller holds off
 * @name: its name
 * @kind: kind that is expected
 * @rights: IPCX_OPEN_READ, IPCX_OPEN_WRITE, IPCX_OPEN_SUBSCRIBE
 *
 * Context: process context, may sleep.
 * Return: the object with a reference for the caller, or what
 * ipcx_object_open_name() returns.
 */
struct ipcx_object *ipcx_object_get_name(struct net *net,
					 const struct ipcx_name *name,
					 u32 kind, u32 rights)
{
	struct ipcx_object *obj;

	mutex_lock(&registry_lock);
	obj = get_name_locked(net, name, kind, rights);
	mutex_unlock(&registry_lock);
	return obj;
}

/**
 * ipcx_object_get_id() - Find an object by its id, whatever the caller may do.
 * @net: network namespace, whose end the caller holds off
 * @id: the id
 *
 * Context: any.
 * Return: the object with a reference for the caller, or NULL.
 */
struct ipcx_object *ipcx_object_get_id(struct net *net, u64 id)
{
	struct ipcx_object *obj;

	if (id > ULONG_MAX)
		return NULL;
	rcu_read_lock();
	obj = xa_load(&net_registry(net)->objects, id);
	if (obj && !ipcx_object_get_live(obj))
		obj = NULL;
	rcu_read_unlock();
	return obj;
}

/**
 * ipcx_object_add_handle() - There will be one more handle.
 * @obj: an object that the caller has a reference to
 *
 * Context: process context, may sleep.
 */
void ipcx_object_add_handle(struct ipcx_object *obj)
{
	mutex_lock(&registry_lock);
	obj->handles++;
	mutex_unlock(&registry_lock);
}

/* Take the name away. Returns whether the content has to go with it. */
static bool unlink_locked(struct ipcx_object *obj)
{
	lockdep_assert_held(&registry_lock);
	rhashtable_remove_fast(&obj->net->names, &obj->node, name_params);
	obj->linked = false;
	trace_ipcx_object_unlink(obj);
	return !obj->handles;
}

static int may_unlink(struct ipcx_object *obj)
{
	kuid_t owner;

	spin_lock(&obj->perm_lock);
	owner = obj->uid;
	spin_unlock(&obj->perm_lock);
	if (uid_eq(current_euid(), owner) ||
	    ns_capable(obj->user_ns, CAP_IPC_OWNER))
		return 0;
	return -EACCES;
}

/**
 * ipcx_object_unlink() - Remove a name.
 * @net: network namespace, whose end the caller holds off
 * @name: the name
 *
 * Context: process context, may sleep.
 * Return: 0, -ENOENT or -EACCES.
 */
int ipcx_object_unlink(struct net *net, const struct ipcx_name *name)
{
	struct ipcx_object *obj;
	bool dead = false;
	int ret;

	mutex_lock(&registry_lock);
	obj = find_name_locked(net_registry(net), name);
	ret = obj ? may_unlink(obj) : -ENOENT;
	if (!ret)
		dead = unlink_locked(obj);
	mutex_unlock(&registry_lock);
	if (ret)
		return ret;
	if (dead)
		obj->kind->drain(obj);
	ipcx_object_put(obj);
	return 0;
}

/**
 * ipcx_object_withdraw() - Nobody shall find this object any more.
 * @obj: an object that the caller has a handle of
 *
 * Context: process context, may sleep.
 */
void ipcx_object_withdraw(struct ipcx_object *obj)
{
	bool named;

	mutex_lock(&registry_lock);
	named = obj->linked;
	if (named)
		unlink_locked(obj);
	if (obj->net)
		xa_erase(&obj->net->objects, obj->id);
	obj->net = NULL;
	mutex_unlock(&registry_lock);
	if (named)
		ipcx_object_put(obj);
}

/**
 * ipcx_object_next() - The next object that the caller may read.
 * @net: network namespace, whose end the caller holds off
 * @cursor: id to start from; moved behind the object that was found
 * @kind: kind, or 0 for all
 *
 * Context: process context, may sleep.
 * Return: an object with a reference, NULL where there is none, or -EINTR as
 * ERR_PTR; -EAGAIN after so many objects that others shall have the lock: call
 * again.
 */
struct ipcx_object *ipcx_object_next(struct net *net, u64 *cursor, u32 kind)
{
	struct ipcx_net *reg = net_registry(net);
	unsigned int budget = IPCX_LIST_STEP;
	struct ipcx_object *obj;
	unsigned long id = *cursor;

	if (mutex_lock_interruptible(&registry_lock))
		return ERR_PTR(-EINTR);
	xa_for_each_start(&reg->objects, id, obj, id) {
		if ((!kind || obj->kind->kind == kind) &&
		    ipcx_object_permits(obj, IPCX_OPEN_READ) &&
		    ipcx_object_get_live(obj)) {
			*cursor = id + 1;
			break;
		}
		if (!--budget) {
			*cursor = id + 1;
			obj = ERR_PTR(-EAGAIN);
			break;
		}
	}
	mutex_unlock(&registry_lock);
	return obj;
}

static void stat_locked(struct ipcx_object *obj, struct ipcx_stat *st)
{
	struct user_namespace *ns = current_user_ns();

	lockdep_assert_held(&registry_lock);
	memset(st, 0, sizeof(*st));
	st->id = obj->id;
	st->kind = obj->kind->kind;
	st->created_ns = obj->created_ns;
	st->handles = obj->handles;
	if (obj->linked) {
		st->state |= IPCX_STAT_NAMED;
		st->name_len = obj->name_len;
		memcpy(st->name, obj->name, obj->name_len);
	}
	spin_lock(&obj->perm_lock);
	st->mode = obj->mode;
	st->uid = from_kuid_munged(ns, obj->uid);
	st->gid = from_kgid_munged(ns, obj->gid);
	spin_unlock(&obj->perm_lock);
	obj->kind->stat(obj, st);
}

/**
 * ipcx_object_stat() - State of an object.
 * @obj: the object
 * @st: where to
 *
 * Context: process context, may sleep.
 */
void ipcx_object_stat(struct ipcx_object *obj, struct ipcx_stat *st)
{
	mutex_lock(&registry_lock);
	stat_locked(obj, st);
	mutex_unlock(&registry_lock);
}

static void show_net(struct seq_file *m, struct net *net,
		     void (*show)(struct seq_file *m, struct ipcx_object *obj,
				  const struct ipcx_stat *st))
{
	struct ipcx_net *reg = net_registry(net);
	struct ipcx_object *obj;
	struct ipcx_stat st;
	unsigned long id;

	seq_printf(m, "# network namespace %u\n", net->ns.inum);
	xa_for_each(&reg->objects, id, obj) {
		if (seq_has_overflowed(m))
			return;
		stat_locked(obj, &st);
		show(m, obj, &st);
	}
}

/**
 * ipcx_show_name() - Print a name in one printable word.
 * @m: where to
 * @name: the name, chosen by a user: any byte but NUL
 */
void ipcx_show_name(struct seq_file *m, const char *name)
{
	seq_escape_str(m, name, ESCAPE_ANY_NP | ESCAPE_APPEND, " \\");
}

/**
 * ipcx_objects_show() - Print every object of every network namespace.
 * @m: where to
 * @show: prints one object
 *
 * Context: process context, may sleep.
 */
void ipcx_objects_show(struct seq_file *m,
		       void (*show)(struct seq_file *m, struct ipcx_object *obj,
				    const struct ipcx_stat *st))
{
	struct net *net;

	down_read(&net_rwsem);
	mutex_lock(&registry_lock);
	for_each_net(net)
		show_net(m, net, show);
	mutex_unlock(&registry_lock);
	up_read(&net_rwsem);
}

static int __net_init ipcx_net_init(struct net *net)
{
	struct ipcx_net *reg = net_registry(net);

	xa_init(&reg->objects);
	return rhashtable_init(&reg->names, &name_params);
}

/*
 * No control fd of this namespace exists any more, so that nothing new is
 * published. What has handles lives on without name and registry.
 */
static void __net_exit ipcx_net_exit(struct net *net)
{
	struct ipcx_net *reg = net_registry(net);
	struct ipcx_object *obj;
	unsigned long id, dropped = 0;

	mutex_lock(&registry_lock);
	xa_for_each(&reg->objects, id, obj) {
		bool named = obj->linked, dead = false;

		if (named)
			dead = unlink_locked(obj);
		xa_erase(&reg->objects, id);
		obj->net = NULL;
		if (!named)
			continue;
		/* The name's reference is ours: the object cannot go away. */
		mutex_unlock(&registry_lock);
		if (dead) {
			obj->kind->drain(obj);
			dropped++;
		}
		ipcx_object_put(obj);
		mutex_lock(&registry_lock);
	}
	mutex_unlock(&registry_lock);
	/* Any user can end network namespaces; only rmmod is worth a line. */
	if (dropped && unloading)
		pr_info("dropped %lu named objects of network namespace %u\n",
			dropped, net->ns.inum);
	rhashtable_destroy(&reg->names);
	xa_destroy(&reg->objects);
}

static struct pernet_operations ipcx_net_ops = {
	.init = ipcx_net_init,
	.exit = ipcx_net_exit,
	.id = &ipcx_net_id,
	.size = sizeof(struct ipcx_net),
};

/**
 * ipcx_objects_init() - Make a registry for every network namespace.
 *
 * Return: 0 or a negative errno.
 */
int ipcx_objects_init(void)
{
	return register_pernet_subsys(&ipcx_net_ops);
}

/**
 * ipcx_objects_exit() - Drop all names and their objects.
 */
void ipcx_objects_exit(void)
{
	unloading = true;
	unregister_pernet_subsys(&ipcx_net_ops);
}
