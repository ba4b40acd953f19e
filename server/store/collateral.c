#include "server/store/collateral.h"

#include "server/store/store_impl.h"

bool store_item_get(struct store *s, const struct store_item *name, struct arena *a,
    struct store_item *out, struct att_error *e)
{
	return s->ops->collateral->get(s, name, a, out, e);
}

bool store_item_seen(struct store *s, const struct store_item *name, struct arena *a,
    struct store_item *out, struct att_error *e)
{
	return s->ops->collateral->seen(s, name, a, out, e);
}

bool store_item_put(struct store *s, const struct store_item *item,
    const struct store_choice *choice, struct att_error *e)
{
	return s->ops->collateral->put(s, item, choice, e);
}

bool store_items(struct store *s, bool every_kind, size_t max, struct arena *a,
    struct store_item **out, size_t *n, struct att_error *e)
{
	return s->ops->collateral->items(s, every_kind, max, a, out, n, e);
}

bool store_item_forget(
    struct store *s, const char *kind, const char *key, int64_t *gone, struct att_error *e)
{
	return s->ops->collateral->forget(s, kind, key, gone, e);
}

bool store_items_drop_lapsed(struct store *s, int64_t before_s, struct att_error *e)
{
	return s->ops->collateral->drop_lapsed(s, before_s, e);
}

bool store_choice_get(struct store *s, const struct store_choice *name, struct arena *a,
    struct store_choice *out, struct att_error *e)
{
	return s->ops->collateral->choice_get(s, name, a, out, e);
}

bool store_choice_put(struct store *s, const struct store_choice *c, struct att_error *e)
{
	return s->ops->collateral->choice_put(s, c, e);
}

bool store_choices(struct store *s, size_t max, struct arena *a, struct store_choice **out,
    size_t *n, struct att_error *e)
{
	return s->ops->collateral->choices(s, max, a, out, n, e);
}

bool store_time_floor(struct store *s, int64_t *out, struct att_error *e)
{
	return s->ops->collateral->floor_get(s, out, e);
}

bool store_time_floor_set(struct store *s, int64_t floor_s, struct att_error *e)
{
	return s->ops->collateral->floor_set(s, floor_s, e);
}
