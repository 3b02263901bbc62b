#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs in the VM, as root: makes it a fair place for measurements, then runs a
# command there as an ordinary user in a memory cgroup with a limit; with --root
# as root, without one.
#
#	BENCH=FILE guest.sh [--root] COMMAND [ARGUMENT]...
#
# The command finds the folder of results, writable, as $RESULTS (it is
# $IPCX_SHARE), and a copy of ipcx-bench in PATH, also where an ordinary user may
# not look into the folders that both are in. Binder is loaded if the kernel has it,
# and the test module switch_bench if it has been built for this kernel.
set -euo pipefail

readonly USER_ID=65534 LIMIT=1G PLACE=/run/ipcx-bench

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

as_user=1
if [ "${1:-}" = --root ]; then
	as_user=0
	shift
fi

# What would keep one mechanism from doing what the others can.
raise_limits() {
	sysctl -q -w fs.mqueue.msg_max=65536 fs.mqueue.msgsize_max=1048576 \
		kernel.msgmax=1048576 kernel.msgmnb=67108864 \
		net.core.wmem_max=268435456 net.core.rmem_max=268435456 \
		fs.pipe-max-size=268435456 fs.pipe-user-pages-soft=0
	ulimit -q unlimited
	ulimit -n 262144
	# Binder sets its processes' nice value in each call; where they may not have
	# 0, it complains in each call, too.
	ulimit -e 20
}

# What cannot be loaded is a row that says so.
load_modules() {
	local switch=$top/out/test-module/$IPCX_VM/switch_bench.ko
	! modprobe -q binder_linux || chmod a+rw /dev/binder || true
	[ ! -e "$switch" ] || insmod "$switch" || true
}

enter_cgroup() {
	local cgroup=/sys/fs/cgroup/ipcx-bench
	mkdir -p $cgroup
	echo $LIMIT >$cgroup/memory.max
	echo $$ >$cgroup/cgroup.procs
}

# An ordinary user must be able to write the results, under any umask.
make_place() {
	mkdir -p $PLACE/bin $PLACE/results
	chmod 755 $PLACE $PLACE/bin
	install -m 755 "$BENCH" $PLACE/bin/ipcx-bench
	mount --bind "$IPCX_SHARE" $PLACE/results
	mode=$(stat -c %a "$IPCX_SHARE")
	chmod 1777 $PLACE/results
}

# What booting has left in the allocators differs from boot to boot, and with it
# how often a message meets the end of a slab.
tidy_memory() {
	local cache
	sync
	echo 3 >/proc/sys/vm/drop_caches
	for cache in /sys/kernel/slab/*/shrink; do
		[ ! -e "$cache" ] || echo 1 >"$cache" || true
	done
}

raise_limits
load_modules
make_place
tidy_memory
[ $as_user = 0 ] || enter_cgroup
export RESULTS=$PLACE/results PATH=$PLACE/bin:$PATH
status=0
if [ $as_user = 1 ]; then
	setpriv --reuid=$USER_ID --regid=$USER_ID --clear-groups --inh-caps=-all -- "$@" ||
		status=$?
else
	"$@" || status=$?
fi
chmod "$mode" $PLACE/results
exit $status
