#include "lib/collateral/pcs_fields.h"

#include <string.h>

#include "lib/base/hex.h"
#include "lib/base/time.h"

bool pcs_body_parse(struct rd body, struct arena *a, struct json **out, struct att_error *e)
{
	static const struct json_limits limits = { .max_depth = PCS_DEPTH_MAX };

	if (rd_left(&body) > PCS_TEXT_MAX)
		return att_fail(e, ATT_E_LIMIT, "%zu bytes, at most %zu", rd_left(&body), PCS_TEXT_MAX);
	if (!json_parse(a, rd_ptr(&body), rd_left(&body), &limits, out, e))
		return false;
	return json_is(*out, JSON_OBJECT) || att_fail(e, ATT_E_BAD_FORMAT, "not an object");
}

bool field_uint(const struct json *o, const char *name, uint32_t max, uint32_t *out, struct att_error *e)
{
	const struct json *v = json_get(o, name);

	if (!json_is(v, JSON_INT))
		return att_fail(e, ATT_E_BAD_FORMAT, "%s: %s, want a number", name,
		    v ? "not a whole number" : "absent");
	if (v->i < 0 || v->i > (int64_t)max)
		return att_fail(e, ATT_E_BAD_FORMAT, "%s: %lld, want 0..%u", name, (long long)v->i, max);
	*out = (uint32_t)v->i;
	return true;
}

bool field_u16(const struct json *o, const char *name, uint16_t *out, struct att_error *e)
{
	uint32_t v;

	if (!field_uint(o, name, UINT16_MAX, &v, e))
		return false;
	*out = (uint16_t)v;
	return true;
}

static bool field_string(const struct json *o, const char *name, const struct json **out,
    struct att_error *e)
{
	*out = json_get(o, name);
	return json_is(*out, JSON_STRING) ||
	    att_fail(e, ATT_E_BAD_FORMAT, "%s: %s, want a string", name, *out ? "not a string" : "absent");
}

bool field_hex(const struct json *o, const char *name, void *out, size_t n, struct att_error *e)
{
	const struct json *v;
	struct att_error why = { 0 };

	if (!field_string(o, name, &v, e))
		return false;
	return hex_decode(v->s, v->len, out, n, &why) ||
	    att_fail(e, ATT_E_BAD_FORMAT, "%s: %s", name, why.text);
}

bool field_time(const struct json *o, const char *name, int64_t *out, struct att_error *e)
{
	const struct json *v;
	struct att_error why = { 0 };

	if (!field_string(o, name, &v, e))
		return false;
	return time_parse_rfc3339(v->s, v->len, out, &why) ||
	    att_fail(e, ATT_E_BAD_FORMAT, "%s: %s", name, why.text);
}

bool field_period(const struct json *o, int64_t *issue_s, int64_t *next_s, struct att_error *e)
{
	if (!field_time(o, "issueDate", issue_s, e) || !field_time(o, "nextUpdate", next_s, e))
		return false;
	return *issue_s <= *next_s || att_fail(e, ATT_E_BAD_FORMAT, "nextUpdate: before issueDate");
}

static bool is_text(const struct json *v)
{
	return json_is(v, JSON_STRING) && v->len > 0 && v->len <= TCB_TEXT_MAX && strlen(v->s) == v->len;
}

bool field_text(const struct json *o, const char *name, const char **out, struct att_error *e)
{
	const struct json *v = json_get(o, name);

	if (!is_text(v))
		return att_fail(e, ATT_E_BAD_FORMAT, "%s: %s, want a text of 1..%d bytes", name,
		    v ? "no such text" : "absent", TCB_TEXT_MAX);
	*out = v->s;
	return true;
}

bool field_text_optional(const struct json *o, const char *name, const char **out, struct att_error *e)
{
	*out = NULL;
	return !json_get(o, name) || field_text(o, name, out, e);
}

bool field_array(const struct json *o, const char *name, size_t min, size_t max, const struct json **out,
    struct att_error *e)
{
	const struct json *v = json_get(o, name);

	if (!json_is(v, JSON_ARRAY))
		return att_fail(e, ATT_E_BAD_FORMAT, "%s: %s, want an array", name,
		    v ? "not an array" : "absent");
	if (v->len < min)
		return att_fail(e, ATT_E_BAD_FORMAT, "%s: %zu elements, want %zu", name, v->len, min);
	if (v->len > max)
		return att_fail(e, min == max ? ATT_E_BAD_FORMAT : ATT_E_LIMIT,
		    "%s: %zu elements, %s %zu", name, v->len, min == max ? "want" : "at most", max);
	*out = v;
	return true;
}

bool field_tee(const struct json *o, enum pcs_tee *out, struct att_error *e)
{
	const struct json *v = json_get(o, "id");

	for (enum pcs_tee t = PCS_SGX; t <= PCS_TDX; t++)
		if (json_str_eq(v, pcs_tee_name(t))) {
			*out = t;
			return true;
		}
	return att_fail(e, ATT_E_BAD_FORMAT, "id: %s, want SGX or TDX",
	    json_is(v, JSON_STRING) ? v->s : "no string");
}

static bool advisories(const struct json *level, struct arena *a, struct tcb_grade *out,
    struct att_error *e)
{
	const struct json *list, *v;
	const char **ids;

	if (!json_get(level, "advisoryIDs"))
		return true;
	if (!field_array(level, "advisoryIDs", 0, TCB_ADVISORIES_MAX, &list, e))
		return false;
	ids = arena_array(a, list->len + 1, sizeof *ids);
	if (!ids)
		return arena_fail(a, e);
	for (v = list->child; v; v = v->next) {
		if (!is_text(v))
			return att_fail(e, ATT_E_BAD_FORMAT,
			    "advisoryIDs[%zu]: want a text of 1..%d bytes", out->nadvisories, TCB_TEXT_MAX);
		ids[out->nadvisories++] = v->s;
	}
	out->advisories = ids;
	return true;
}

bool field_grade(const struct json *level, struct arena *a, struct tcb_grade *out, struct att_error *e)
{
	struct tcb_grade t = { 0 };

	if (!field_time(level, "tcbDate", &t.date_s, e) ||
	    !field_text(level, "tcbStatus", &t.status_text, e) || !advisories(level, a, &t, e))
		return false;
	t.status = tcb_status_of_collateral(t.status_text, strlen(t.status_text));
	*out = t;
	return true;
}

/* Insertion sort: lists are short, and Intel sends them sorted. */
static bool sort_isv_levels(struct isv_level *v, size_t n, struct att_error *e)
{
	for (size_t i = 1; i < n; i++)
		for (size_t j = i; j > 0 && v[j - 1].isvsvn <= v[j].isvsvn; j--) {
			struct isv_level t = v[j];

			if (v[j - 1].isvsvn == v[j].isvsvn)
				return att_fail(e, ATT_E_BAD_FORMAT,
				    "tcbLevels: two levels with isvsvn %u", v[j].isvsvn);
			v[j] = v[j - 1];
			v[j - 1] = t;
		}
	return true;
}

bool field_isv_levels(const struct json *o, struct arena *a, const struct isv_level **out, size_t *n,
    struct att_error *e)
{
	const struct json *list, *v;
	struct isv_level *levels;
	size_t i = 0;

	if (!field_array(o, "tcbLevels", 1, TCB_LEVELS_MAX, &list, e))
		return false;
	levels = arena_array(a, list->len, sizeof *levels);
	if (!levels)
		return arena_fail(a, e);
	for (v = list->child; v; v = v->next, i++)
		if (!field_u16(json_get(v, "tcb"), "isvsvn", &levels[i].isvsvn, e) ||
		    !field_grade(v, a, &levels[i].grade, e))
			return att_within(e, "tcbLevels[%zu]", i);
	if (!sort_isv_levels(levels, i, e))
		return false;
	*out = levels;
	*n = i;
	return true;
}
