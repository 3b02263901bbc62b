/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the transports share with each other, and with nobody else. */
#ifndef IPCX_TRANSPORT_INTERNAL_H
#define IPCX_TRANSPORT_INTERNAL_H

#include <errno.h>
#include <stdbool.h>

#include <ipcx/transport.h>

extern const struct ipcx_transport_ops ipcx_transport_pipe;
extern const struct ipcx_transport_ops ipcx_transport_pipe_vmsplice;
extern const struct ipcx_transport_ops ipcx_transport_fifo;
extern const struct ipcx_transport_ops ipcx_transport_posix_mq;
extern const struct ipcx_transport_ops ipcx_transport_sysv_mq;
extern const struct ipcx_transport_ops ipcx_transport_unix_stream;
extern const struct ipcx_transport_ops ipcx_transport_unix_dgram;
extern const struct ipcx_transport_ops ipcx_transport_unix_seqpacket;
extern const struct ipcx_transport_ops ipcx_transport_tcp;
extern const struct ipcx_transport_ops ipcx_transport_udp;
extern const struct ipcx_transport_ops ipcx_transport_uring_pipe;
extern const struct ipcx_transport_ops ipcx_transport_uring_unix;
extern const struct ipcx_transport_ops ipcx_transport_shm_atomics;
extern const struct ipcx_transport_ops ipcx_transport_shm_futex;
extern const struct ipcx_transport_ops ipcx_transport_shm_posix_futex;
extern const struct ipcx_transport_ops ipcx_transport_shm_posix_sem;
extern const struct ipcx_transport_ops ipcx_transport_shm_named_sem;
extern const struct ipcx_transport_ops ipcx_transport_shm_sysv;
extern const struct ipcx_transport_ops ipcx_transport_shm_memfd;
extern const struct ipcx_transport_ops ipcx_transport_shm_file;
extern const struct ipcx_transport_ops ipcx_transport_process_vm;
extern const struct ipcx_transport_ops ipcx_transport_eventfd;
extern const struct ipcx_transport_ops ipcx_transport_signal;
extern const struct ipcx_transport_ops ipcx_transport_binder;
extern const struct ipcx_transport_ops ipcx_transport_ipcx_queue;
extern const struct ipcx_transport_ops ipcx_transport_ipcx_queue_rw;
extern const struct ipcx_transport_ops ipcx_transport_ipcx_mbox;
extern const struct ipcx_transport_ops ipcx_transport_ipcx_ring_spsc;
extern const struct ipcx_transport_ops ipcx_transport_ipcx_ring_mpsc;
extern const struct ipcx_transport_ops ipcx_transport_ipcx_ring_broadcast;
extern const struct ipcx_transport_ops ipcx_transport_ipcx_ring_memfd;
extern const struct ipcx_transport_ops ipcx_transport_ipcx_mbox_ring;

/* Anybody may send, and a message goes to whoever gets it first. */
#define TRANSPORT_MANY	(IPCX_TRANSPORT_MANY_SENDERS | IPCX_TRANSPORT_MANY_RECEIVERS)

/* Whether /dev/ipcx can be used: what the ipcx transports have as @available. */
int transport_ipcx_available(char *why);

/*
 * Writes the reason why something cannot be used, and returns @err so that
 * callers can say and return in one statement.
 */
__attribute__((format(printf, 3, 4)))
int transport_why(char *why, int err, const char *format, ...);

/*
 * Bytes of a ring for @count records of @bytes bytes each: a power of two, which is more
 * than IPCX_RING_SIZE_MAX where that is too little.
 */
uint64_t transport_ring_size(uint64_t bytes, uint64_t count);

/* Room for transport_name(). */
#define TRANSPORT_NAME	64

/* A name that nobody has, for what is removed again at once: /ipcx-transport.PID.NUMBER. */
void transport_name(char name[TRANSPORT_NAME]);

/*
 * A path for mkstemp(3) or mkdtemp(3), in $TMPDIR or /tmp; 0, or a negative errno with the
 * reason.
 */
int transport_temporary(char *path, size_t size, char *why);

/* A number that a file such as those under /proc/sys holds; -1 if unreadable. */
long long transport_setting(const char *path);

#endif /* IPCX_TRANSPORT_INTERNAL_H */
