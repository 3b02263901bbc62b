// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sample.h"

/* A program that is copied elsewhere has it, too, which a file of its own would not be. */
__asm__(".pushsection .rodata\n"
	".globl sample\n"
	".type sample, @object\n"
	"sample:\n"
	".incbin \"bench/sample.json\"\n"
	".byte 0\n"
	".popsection\n");
