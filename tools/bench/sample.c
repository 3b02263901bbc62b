// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sample.h"

/* A program that is copied elsewhere has it, too, which a file of its own would not be. */
__asm__(".pushsection .rodata\n"
	".globl sample_start, sample_end\n"
	".type sample_start, @object\n"
	".type sample_end, @object\n"
	"sample_start:\n"
	".incbin \"bench/sample.json\"\n"
	"sample_end:\n"
	".byte 0\n"
	".popsection\n");
