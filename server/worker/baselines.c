/* GET /tcbbaselines/{type}: the evaluation numbers that are stored, with the dates that Intel gives
 * them. */
#include <string.h>

#include "lib/json/json.h"
#include "server/worker/worker.h"

/* The list inside the signed object; a worker judged it before it was stored. */
static const struct json *number_list(struct arena *a, struct rd piece)
{
	struct json *whole, *object;
	const struct json *text;

	if (rd_empty(&piece) || !json_parse(a, rd_ptr(&piece), rd_left(&piece), NULL, &whole, NULL))
		return NULL;
	text = json_get(whole, "tcb_evaluation_data_numbers");
	if (!json_is(text, JSON_STRING) || !json_parse(a, text->s, text->len, NULL, &object, NULL))
		return NULL;
	return json_get(object, "tcbEvalNumbers");
}

static const char *release_date(const struct json *list, int64_t number)
{
	for (const struct json *i = json_is(list, JSON_ARRAY) ? list->child : NULL; i;
	     i = i->next) {
		const struct json *n = json_get(i, "tcbEvaluationDataNumber"),
				  *date = json_get(i, "tcbDate");
		if (json_is(n, JSON_INT) && n->i == number && json_is(date, JSON_STRING))
			return date->s;
	}
	return "";
}

/* The PSW that a number needs is in nothing that Intel signs. */
static struct json *baseline(
    struct arena *a, const struct json *dates, uint32_t number, bool selected)
{
	struct json *o = json_object(a);

	(void)json_put(a, o, "tcbIdentifier", json_string(a, arena_printf(a, "%u", number)));
	(void)json_put(a, o, "tcbEvaluationDataNumber", json_int(a, number));
	(void)json_put(a, o, "tcbReleaseDate", json_string(a, release_date(dates, number)));
	(void)json_put(a, o, "minimumPswLinuxVersion", json_string(a, ""));
	(void)json_put(a, o, "minimumPswWindowsVersion", json_string(a, ""));
	(void)json_put(a, o, "isSelectedTcb", json_bool(a, selected));
	return o;
}

bool worker_baselines(struct worker *w, struct rd stored, struct rd *out, struct att_error *e)
{
	struct arena *a = w->request;
	struct json *o = json_object(a), *list = json_array(a);
	struct rd piece, numbers;
	const struct json *dates;
	char *text;
	size_t n;

	if (!rd_le32_block(&stored, &piece) || !rd_le32_block(&stored, &numbers) ||
	    !rd_empty(&stored))
		return att_fail(e, ATT_E_BAD_FORMAT, "manage message: baselines");
	dates = number_list(a, piece);
	while (!rd_empty(&numbers)) {
		uint32_t number;
		uint8_t selected;
		if (!rd_le32(&numbers, &number) || !rd_u8(&numbers, &selected))
			return att_fail(e, ATT_E_BAD_FORMAT, "manage message: baselines");
		(void)json_append(list, baseline(a, dates, number, selected));
	}
	(void)json_put(a, o, "tcbBaselines", list);
	if (!json_write(a, o, JSON_COMPACT, &text, &n, e))
		return false;
	*out = rd_make(text, n);
	return true;
}
