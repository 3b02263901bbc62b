// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "anatomy.h"

/* Version of the format: the "ipcx-trace" member. */
#define JSON_FORMAT	1

/* A name that is no UTF-8 as people see it; null: there is none. */
static json_t *json_name(const struct ipcx_stat *object)
{
	json_t *name;
	char *text;

	if (!(object->state & IPCX_STAT_NAMED))
		return json_null();
	name = json_string(object->name);
	if (name)
		return name;
	text = object_name(object);
	name = json_string(text);
	free(text);
	return name;
}

static json_t *json_object_of(const struct ipcx_stat *object)
{
	return json_pack("{s:I, s:s, s:o}", "id", (json_int_t)object->id,
			 "kind", object_kind(object), "name", json_name(object));
}

static json_t *json_stage(const struct stages *stages, enum anatomy_stage stage)
{
	struct stage_figures f;
	json_t *row;

	stage_figures_of(stages, stage, &f);
	row = json_pack("{s:s, s:I, s:I, s:f}", "stage", f.name, "messages",
			(json_int_t)f.messages, "sum", (json_int_t)f.sum, "share", f.share);
	json_object_set_new(row, "mean", f.messages ? json_real(f.mean) : json_null());
	json_object_set_new(row, "min", f.messages ? json_integer((json_int_t)f.min) : json_null());
	json_object_set_new(row, "p50", f.messages ? json_real(f.p50) : json_null());
	json_object_set_new(row, "p99", f.messages ? json_real(f.p99) : json_null());
	json_object_set_new(row, "max", f.messages ? json_integer((json_int_t)f.max) : json_null());
	return row;
}

static json_t *json_stages(const struct stages *stages)
{
	json_t *rows = json_array();

	for (int i = 0; i < ANATOMY_TOTAL; i++)
		json_array_append_new(rows, json_stage(stages, i));
	return rows;
}

int stages_json_print(const struct anatomy *a)
{
	const struct anatomy_counts *counts = &a->stages.counts;
	json_t *document = json_pack(
		"{s:i, s:s, s:o, s:f, s:s, s:b, s:b, s:I, s:I, s:I, s:I, s:{s:I, s:I}, s:o, s:o}",
		PROGRAM, JSON_FORMAT, "kind", "anatomy",
		"object", json_object_of(&a->object), "seconds", a->seconds, "unit", "ns",
		"emulated", a->emulated, "gone", a->gone,
		"messages", (json_int_t)a->stages.rows[ANATOMY_TOTAL].messages,
		"bytes", (json_int_t)counts->bytes, "before", (json_int_t)counts->before,
		"disordered", (json_int_t)counts->disordered,
		"lost", "messages", (json_int_t)a->stages.missed,
		"values", (json_int_t)counts->lost,
		"stages", json_stages(&a->stages),
		"total", json_stage(&a->stages, ANATOMY_TOTAL));
	int bad = !document || json_dumpf(document, stdout, JSON_INDENT(1) |
					  JSON_REAL_PRECISION(9)) < 0 || puts("") < 0;

	json_decref(document);
	if (bad)
		say("the results cannot be written");
	return bad ? -EIO : 0;
}
