/* sipa.c - trees of Windows' boot events as JSON. spec: policy-language §9 */
#include "lib/evidence/maatpm/text.h"

/* How policies of Azure write what a tag holds, where that does not follow from its payload. */
enum form { FORM_PLAIN, FORM_VALUE, FORM_SIGNATURE_VALID };
struct special {
	uint32_t tag;
	enum form form;
	bool list;                              /* an array even if there is one */
	const char *name;                       /* another than the tag's; or NULL */
	struct { uint64_t value; const char *text; } texts[5];
};
/* texts: spec tpm-eventlog §4 and the policies; a value without one has no String. */
static const struct special specials[] = {
	{ .tag = 0x00020003, .form = FORM_VALUE }, /* TRANSFER_CONTROL */
	{ .tag = 0x00020005, .form = FORM_VALUE }, /* BITLOCKER_UNLOCK */
	{ .tag = 0x0002000C, .form = FORM_VALUE }, /* IDK_GENERATION_STATUS */
	{ .tag = 0x00040002 }, /* BOOT_REVOCATION_LIST */
	{ .tag = 0x00050004,
	    .form = FORM_VALUE,
	    .texts = { { 0, "AlwaysOff" }, { 1, "AlwaysOn" }, { 2, "OptIn" },
		{ 3, "OptOut" } } }, /* DATAEXECUTIONPREVENTION */
	{ .tag = 0x0005000A, .form = FORM_VALUE }, /* HYPERVISOR_LAUNCH_TYPE */
	{ .tag = 0x0005000C, .form = FORM_VALUE }, /* HYPERVISOR_IOMMU_POLICY */
	{ .tag = 0x0005000E, .form = FORM_VALUE }, /* DRIVER_LOAD_POLICY */
	{ .tag = 0x0005000F, .list = true }, /* SI_POLICY */
	{ .tag = 0x00050012, .form = FORM_VALUE }, /* VSM_LAUNCH_TYPE */
	{ .tag = 0x000A0007,
	    .form = FORM_VALUE,
	    .texts = { { 1, "HypervisorEnforcedCodeIntegrityEnable" } } }, /* VBS_HVCI_POLICY */
	{ .tag = 0x000C0001, .form = FORM_SIGNATURE_VALID }, /* DRTM_STATE_AUTH */
	{ .tag = 0x000C0002, .form = FORM_VALUE, .name = "EVENT_DRTM_SMM" }, /* DRTM_SMM_LEVEL */
	{ .tag = 0x40010003, .list = true }, /* LOADEDMODULE_AGGREGATION */
};

static const struct special *special_of(uint32_t tag)
{
	static const struct special none = { 0 };

	for (size_t i = 0; i < sizeof specials / sizeof specials[0]; i++)
		if (specials[i].tag == tag)
			return &specials[i];
	return &none;
}

struct writing {
	const struct sipa_tree *t;
	struct buf *b;
	struct att_error *e;
};

static bool put_members(struct writing *w, size_t from, size_t to);

static void put_raw(struct writing *w, const struct sipa_node *n)
{
	buf_str(w->b, "{\"RawData\":\"");
	maatpm_put_b64url(w->b, n->data);
	buf_str(w->b, "\"}");
}

static void put_value(struct writing *w, const struct special *s, uint64_t v)
{
	buf_fmt(w->b, "{\"Value\":%llu", (unsigned long long)v);
	for (size_t i = 0; i < sizeof s->texts / sizeof s->texts[0] && s->texts[i].text; i++)
		if (s->texts[i].value == v)
			buf_fmt(w->b, ",\"String\":\"%s\"", s->texts[i].text);
	buf_char(w->b, '}');
}

static bool put_wide(struct writing *w, const struct sipa_node *n)
{
	const char *text = efi_utf16_text(w->b->a, n->data);

	return text ? maatpm_put_string(w->b, text, w->e) : arena_fail(w->b->a, w->e);
}

/* A number or Boolean of the wrong size is shown as bytes: no policy mistakes those for a value. */
static bool put_leaf(struct writing *w, const struct sipa_node *n, const struct special *s)
{
	uint64_t v;

	if (n->row && n->row->payload == SIPA_WIDE)
		return put_wide(w, n);
	if (s->form == FORM_SIGNATURE_VALID || !sipa_value(n, &v))
		put_raw(w, n);
	else if (s->form == FORM_VALUE)
		put_value(w, s, v);
	else if (n->row->payload == SIPA_BOOL)
		buf_str(w->b, v ? "true" : "false");
	else
		buf_fmt(w->b, "%llu", (unsigned long long)v);
	return true;
}

static bool put_node(struct writing *w, size_t i)
{
	const struct sipa_node *n = &w->t->v[i];

	if (!sipa_is_box(n->tag))
		return put_leaf(w, n, special_of(n->tag));
	return put_members(w, i + 1, n->after);
}

static void put_name(struct writing *w, const struct sipa_node *n)
{
	const struct special *s = special_of(n->tag);

	if (!s->name && !n->row) {
		buf_fmt(w->b, "\"EVENT_%08X\":", n->tag);
		return;
	}
	buf_char(w->b, '"');
	buf_str(w->b, s->name ? s->name : n->row->name);
	buf_str(w->b, "\":");
}

/* A member, and where it stands. */
struct place { uint32_t tag, node; };

/* One step of a merge sort: p[from..mid) and p[mid..to), each in order of tags, into out. */
static void merge(const struct place *p, struct place *out, size_t from, size_t mid, size_t to)
{
	size_t a = from, b = mid;

	for (size_t i = from; i < to; i++)
		out[i] = b == to || (a < mid && p[a].tag <= p[b].tag) ? p[a++] : p[b++];
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* In order of tags, those of one tag as they stand; spare has room for n too.  Returns where they are. */
static struct place *sorted(struct place *p, struct place *spare, size_t n)
{
	for (size_t width = 1; width < n; width *= 2) {
		struct place *t = p;

		for (size_t i = 0; i < n; i += 2 * width)
			merge(p, spare, i, least(i + width, n), least(i + 2 * width, n));
		p = spare;
		spare = t;
	}
	return p;
}

/* n places of one tag: a member, a list if there are several. */
static bool put_group(struct writing *w, const struct place *p, size_t n)
{
	bool list = n > 1 || special_of(p->tag)->list;

	put_name(w, &w->t->v[p->node]);
	buf_str(w->b, list ? "[" : "");
	for (size_t i = 0; i < n; i++) {
		buf_str(w->b, i ? "," : "");
		if (!put_node(w, p[i].node))
			return false;
	}
	buf_str(w->b, list ? "]" : "");
	return true;
}

static size_t group_end(const struct place *p, size_t n, size_t i)
{
	size_t end = i;

	while (end < n && p[end].tag == p[i].tag)
		end++;
	return end;
}

/* Nodes from..to are the members of one container; calls are as deep as the tree: SIPA_DEPTH_MAX. */
static bool put_members(struct writing *w, size_t from, size_t to)
{
	struct place *room, *p;
	size_t n = 0, max = 0;
	bool ok = true;

	for (size_t i = from; i < to; i = w->t->v[i].after)
		max += !w->t->v[i].unmeasured;
	room = arena_borrow(w->b->a, (2 * max + 1) * sizeof *room);
	if (!room)
		return att_fail(w->e, ATT_E_NOMEM, "out of memory");
	for (size_t i = from; i < to; i = w->t->v[i].after)
		if (!w->t->v[i].unmeasured)
			room[n++] = (struct place){ w->t->v[i].tag, (uint32_t)i };
	p = sorted(room, room + max, n);
	buf_char(w->b, '{');
	for (size_t i = 0; ok && i < n; i = group_end(p, n, i)) {
		buf_str(w->b, i ? "," : "");
		ok = put_group(w, p + i, group_end(p, n, i) - i);
	}
	buf_char(w->b, '}');
	arena_return(w->b->a, room);
	return ok;
}

bool maatpm_sipa(const struct sipa_tree *t, struct buf *b, struct att_error *e)
{
	struct writing w = { t, b, e };

	return put_members(&w, 0, t->n) && buf_ok(b, e);
}
