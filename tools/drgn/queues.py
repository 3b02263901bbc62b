#!/usr/bin/drgn
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a process's queues look like inside the kernel, and who sleeps on them.

usage: drgn [-s VMLINUX] tools/drgn/queues.py [--module FILE.ko] PID[:FD]...

For each descriptor (default: all of the process) that is a priority queue or mailbox of
ipcx, a POSIX message queue or a pipe: the structure behind it, its messages in the order
in which they would be received, and the tasks that wait, first those who are served first.
FILE.ko is ipcx.ko with its debugging information, for what is in that module.

The kernel goes on while it is read, and no lock is taken: a list that changes meanwhile
may be shown as it never was, or end the walk with an error. Needs the kernel's debugging
information (DWARF); Documentation/structures.rst is a guided tour.
"""
import re
import sys

from drgn import FaultError, ObjectAbsentError, TypeKind, TypeMember, cast, container_of
from drgn.helpers.linux.fs import fget, for_each_file
from drgn.helpers.linux.list import list_for_each_entry
from drgn.helpers.linux.pid import find_task
from drgn.helpers.linux.rbtree import rbtree_inorder_for_each_entry
from drgn.helpers.linux.sched import task_state_to_char

SEQ_BITS = 49  # IPCX_SEQ_BITS
PRIO_MAX = 32767  # IPCX_PRIO_MAX
WAKE_TASKS = ("autoremove_wake_function", "default_wake_function", "woken_wake_function")
MATCHES = ("any", "type", "not type", "type up to", "priority from")


def show(depth, text):
    print("  " * depth + text)


def pointer(obj):
    return f"{obj.type_.type.type_name()} {obj.value_():#x}"


def waiting(task):
    return f"{task.comm.string_().decode(errors='replace')} (pid {task.pid.value_()}, {task_state_to_char(task)})"


# ---- ipcx ----

def in_order(queue):
    """Messages of a struct ipcx_prioq: best first, oldest first within a priority."""
    entries = list(list_for_each_entry("struct ipcx_pq_entry", queue.front.address_of_(), "level"))
    for head in rbtree_inorder_for_each_entry("struct ipcx_pq_entry", queue.levels.rb_root, "rb"):
        entries.append(head)
        entries.extend(list_for_each_entry("struct ipcx_pq_entry", head.level.address_of_(), "level"))
    entries.extend(rbtree_inorder_for_each_entry("struct ipcx_pq_entry", queue.strays.rb_root, "rb"))
    return sorted(entries, key=lambda entry: entry.sel.order.value_())


def show_ipcx_messages(queue):
    show(1, f"pq: struct ipcx_prioq, {queue.pq.count.value_()} messages")
    for entry in in_order(queue.pq):
        message = container_of(entry, "struct ipcx_message", "e")
        prio = PRIO_MAX - (entry.sel.order.value_() >> SEQ_BITS)
        show(2, f"{pointer(message)}: prio {prio}, type {entry.sel.key.value_()}, {entry.size.value_()} bytes")


def wants(waiter):
    match = waiter.match.value_()
    how = MATCHES[match] if match < len(MATCHES) else f"match {match}"
    return how if match == 0 else f"{how} {waiter.sel.key.value_()}"


def show_waitset(name, waitset):
    """Each way of matching has a tree of its own; the order is one for all."""
    show(1, f"{name}: struct ipcx_waitset, {waitset.count.value_()} waiting")
    waiters = []
    for root in waitset.tree:
        waiters.extend(rbtree_inorder_for_each_entry("struct ipcx_waiter", root, "sel.rb"))
    for waiter in sorted(waiters, key=lambda each: each.sel.order.value_()):
        show(2, f"{pointer(waiter)}: {waiting(waiter.task)}, for {wants(waiter)}")


def show_ipcx_queue(queue, what):
    name = queue.obj.name.string_().decode(errors="replace")
    show(0, f"{what}: {pointer(queue)}")
    show(1, f"obj: id {queue.obj.id.value_()}, name {name or 'none'}, "
            f"{queue.obj.ref.refs.counter.value_()} references, {queue.obj.handles.value_()} handles")
    show(1, f"max_msgs {queue.max_msgs.value_()}, max_bytes {queue.max_bytes.value_()}, "
            f"bytes {queue.bytes.value_()}, inflight {queue.inflight.value_()}")
    show_ipcx_messages(queue)
    show_waitset("receivers", queue.receivers)
    show_waitset("senders", queue.senders)


def ipcx_queue_of(file):
    handle = cast("struct ipcx_handle *", file.private_data)
    return container_of(handle.obj, "struct ipcx_queue", "obj")


# ---- POSIX message queue ----

def show_mqueue_waiters(name, queue):
    waiters = list(list_for_each_entry("struct ext_wait_queue", queue.list.address_of_(), "list"))
    show(1, f"{name}: struct ext_wait_queue, {len(waiters)} waiting")
    # New ones go behind those of their priority, and the last of the list is served first.
    for waiter in reversed(waiters):
        show(2, f"{pointer(waiter)}: {waiting(waiter.task)}")


def show_mqueue(file):
    info = container_of(file.f_inode, "struct mqueue_inode_info", "vfs_inode")
    show(0, f"POSIX message queue: {pointer(info)}")
    show(1, f"attr: mq_maxmsg {info.attr.mq_maxmsg.value_()}, mq_msgsize {info.attr.mq_msgsize.value_()}; "
            f"qsize {info.qsize.value_()}")
    show(1, f"msg_tree: struct posix_msg_tree_node, {info.attr.mq_curmsgs.value_()} messages")
    nodes = list(rbtree_inorder_for_each_entry("struct posix_msg_tree_node", info.msg_tree, "rb_node"))
    for node in reversed(nodes):
        for message in list_for_each_entry("struct msg_msg", node.msg_list.address_of_(), "m_list"):
            show(2, f"{pointer(message)}: prio {node.priority.value_()}, {message.m_ts.value_()} bytes")
    show_mqueue_waiters("e_wait_q[SEND]", info.e_wait_q[0])
    show_mqueue_waiters("e_wait_q[RECV]", info.e_wait_q[1])


# ---- pipe ----

def sleepers(head):
    """Sleepers of a wait queue are tasks; pollers have other things there."""
    for entry in list_for_each_entry("struct wait_queue_entry", head.head.address_of_(), "entry"):
        if head.prog_.symbol(entry.func.value_()).name in WAKE_TASKS:
            yield entry, cast("struct task_struct *", entry.private)


def show_waitqueue(name, head):
    entries = list(sleepers(head))
    show(1, f"{name}: struct wait_queue_head, {len(entries)} waiting")
    for entry, task in entries:
        show(2, f"{pointer(entry)}: {waiting(task)}")


def show_pipe(file):
    pipe = cast("struct pipe_inode_info *", file.private_data)
    head, tail, size = pipe.head.value_(), pipe.tail.value_(), pipe.ring_size.value_()
    show(0, f"pipe: {pointer(pipe)}")
    show(1, f"readers {pipe.readers.value_()}, writers {pipe.writers.value_()}, head {head}, tail {tail}")
    show(1, f"bufs: struct pipe_buffer, {head - tail} of {size} used")
    for at in range(tail, head):
        buffer = pipe.bufs + (at & (size - 1))
        show(2, f"bufs[{at & (size - 1)}]: page {buffer.page.value_():#x}, offset {buffer.offset.value_()}, "
                f"{buffer.len.value_()} bytes")
    show_waitqueue("rd_wait", pipe.rd_wait)
    show_waitqueue("wr_wait", pipe.wr_wait)


# ---- the module ----

def teach_modules(prog):
    """Linux 6.4 gave struct module an array, mem, where it had core_layout. drgn knows that
    from 0.0.23 on; an older one finds the module's text where it looks for it."""
    module = prog.type("struct module")
    mem = next((member for member in module.members if member.name == "mem"), None)
    if not mem or module.has_member("core_layout"):
        return
    text = TypeMember(mem.type.type, "core_layout", mem.bit_offset)
    taught = prog.struct_type("module", module.size, [*module.members, text])
    prog.add_type_finder(lambda kind, name, filename:
                         taught if kind == TypeKind.STRUCT and name == "module" else None)


def load_module(prog, path):
    teach_modules(prog)
    prog.load_debug_info([path])


# ---- which is which ----

def kinds(prog):
    """File operations that are known here: what shows such a file."""
    known = {
        "mqueue_file_operations": show_mqueue,
        "pipefifo_fops": show_pipe,
        "queue_fops": lambda file: show_ipcx_queue(ipcx_queue_of(file), "ipcx queue"),
        "mbox_fops": lambda file: show_ipcx_queue(ipcx_queue_of(file), "ipcx mailbox"),
    }
    found = {}
    for name, shows in known.items():
        try:
            found[prog[name].address_] = shows
        except (KeyError, ObjectAbsentError):
            pass
    return found


def files_of(task, wanted):
    if not wanted:
        yield from for_each_file(task)
    for fd in wanted:
        file = fget(task, fd)
        if not file:
            sys.exit(f"queues.py: process {task.pid.value_()} has no descriptor {fd}")
        yield fd, file


def show_process(prog, known, pid, fds):
    """How many descriptors there was something to show of."""
    task = find_task(prog, pid)
    if not task:
        sys.exit(f"queues.py: no process {pid}")
    shown = 0
    for fd, file in files_of(task, fds):
        shows = known.get(file.f_op.value_())
        if shows:
            print(f"descriptor {fd} of {waiting(task)}")
            shows(file)
            shown += 1
    return shown


def main(prog, args):
    if args[:1] == ["--module"]:
        load_module(prog, args[1])
        del args[:2]
    if not args or not all(re.fullmatch(r"\d+(:\d+)?", arg) for arg in args):
        sys.exit(__doc__.split("\n\n")[1])
    known = kinds(prog)
    for arg in args:
        pid, _, fd = arg.partition(":")
        if not show_process(prog, known, int(pid), [int(fd)] if fd else []):
            sys.exit(f"queues.py: {arg}: no queue and no pipe that is known here")


try:
    main(prog, sys.argv[1:])  # noqa: F821: drgn's own
except FaultError as err:
    sys.exit(f"queues.py: {err}: what was read changed meanwhile; try again")
