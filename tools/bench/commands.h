/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The commands besides the comparison; each has a --help of its own. */
#ifndef BENCH_COMMANDS_H
#define BENCH_COMMANDS_H

int command_choose(int argc, char **argv);
int command_compare(int argc, char **argv);
int command_depth(int argc, char **argv);
int command_group(int argc, char **argv);
int command_list(int argc, char **argv);
int command_mailboxes(int argc, char **argv);
int command_memory(int argc, char **argv);
int command_merge(int argc, char **argv);
int command_report(int argc, char **argv);
int command_ring(int argc, char **argv);
int command_wait(int argc, char **argv);

#endif /* BENCH_COMMANDS_H */
