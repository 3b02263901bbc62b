// SPDX-License-Identifier: LGPL-2.1-or-later
#include <string.h>

#include "choose.h"
#include "json.h"

static json_t *json_needs(const struct needs *needs)
{
	json_t *list = json_array();
	enum feature_id id;

	for (id = 0; id < FEATURE_COUNT; id++)
		if (needs->feature[id])
			json_array_append_new(list, json_string(features[id].key));
	return json_pack("{s:I, s:o, s:s, s:s, s:s, s:b, s:b}", "size", (json_int_t)needs->size,
			 "features", list, "persistence", persistence_names[needs->persistence],
			 "wait", wait_names[needs->wait], "prefer",
			 preference_names[needs->prefer], "anywhere", needs->anywhere,
			 "lossy", needs->lossy);
}

static json_t *json_figures(const struct figures *f)
{
	return json_pack("{s:o, s:b, s:s, s:b, s:b, s:s, s:s, s:I}", "file",
			 f->path ? json_string(f->path) : json_null(), "sample", !f->path,
			 "time", f->time, "this_machine", f->here, "emulated", f->emulated, "unit",
			 f->unit, "wait", f->wait, "size", (json_int_t)f->size);
}

static json_t *json_cost(const struct cost *cost)
{
	return cost->known ? json_real(cost->value) : json_null();
}

static json_t *json_fitting(const struct needs *needs, const struct candidate *c)
{
	json_t *drawbacks = json_array();
	const char *drawback;
	unsigned int i;

	for (i = 0; (drawback = choose_drawback(needs, c, i)); i++)
		json_array_append_new(drawbacks, json_string(drawback));
	return json_pack("{s:s, s:o, s:o, s:i, s:o, s:o}", "name", c->ops->name, "roundtrip",
			 json_cost(&c->roundtrip), "oneway", json_cost(&c->oneway), "effort",
			 (int)c->guide->effort, "drawbacks", drawbacks, "code",
			 c->guide->code ? json_string(c->guide->code) : json_null());
}

static json_t *json_left_out(const struct choice *choice, const struct candidate *c)
{
	json_t *reasons = json_object();
	char text[IPCX_TRANSPORT_WHY];
	unsigned int r;

	for (r = 0; r < REQUIRE_COUNT; r++)
		if (c->failed & (1U << r))
			json_object_set_new(reasons, requirement_name(r),
					    json_string(requirement_reason(choice, c, r, text)));
	return json_pack("{s:s, s:o}", "name", c->ops->name, "lacks", reasons);
}

json_t *choose_json(const struct choice *choice)
{
	json_t *fitting = json_array(), *left_out = json_array();
	unsigned int i;

	for (i = 0; i < choice->count; i++) {
		const struct candidate *c = &choice->candidates[i];

		if (!c->failed)
			json_array_append_new(fitting, json_fitting(&choice->needs, c));
		else
			json_array_append_new(left_out, json_left_out(choice, c));
	}
	return json_pack("{s:i, s:s, s:o, s:o, s:o, s:o}", "ipcx-bench", JSON_FORMAT, "kind",
			 "choice", "needs", json_needs(&choice->needs), "figures",
			 json_figures(&choice->figures), "choices", fitting, "left_out", left_out);
}
