/* when.c - UTCTime and GeneralizedTime as certificates and CRLs have them (RFC 5280 section 4.1.2.5). */
#include "lib/x509/parts.h"

static bool two_digits(struct rd *r, unsigned *out)
{
	uint8_t a, b;

	if (!rd_u8(r, &a) || !rd_u8(r, &b) || a < '0' || a > '9' || b < '0' || b > '9')
		return false;
	*out = (a - (unsigned)'0') * 10 + (b - (unsigned)'0');
	return true;
}

static unsigned days_in(unsigned year, unsigned month)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap ? 1U : 0U);
}

/* MMDDHHMMSSZ */
static bool when_rest(struct rd in, unsigned year, int64_t *out_s)
{
	unsigned month, day, hour, minute, second;
	uint8_t zone;

	if (!two_digits(&in, &month) || !two_digits(&in, &day) || !two_digits(&in, &hour) ||
	    !two_digits(&in, &minute) || !two_digits(&in, &second) || !rd_u8(&in, &zone) || zone != 'Z' ||
	    !rd_empty(&in))
		return false;
	if (month < 1 || month > 12 || day < 1 || day > days_in(year, month) || hour > 23 || minute > 59 ||
	    second > 59)
		return false;
	*out_s = time_from_civil(year, month, day, hour, minute, second);
	return true;
}

bool when_parse(struct rd *r, int64_t *out_s)
{
	struct rd t = *r, in;
	unsigned century, year;

	if (der_take(&t, DER_UTCTIME, &in)) {
		if (!two_digits(&in, &year))
			return false;
		year += year < 50 ? 2000 : 1900;
	} else {
		if (!der_take(&t, DER_GENTIME, &in) || !two_digits(&in, &century) || !two_digits(&in, &year))
			return false;
		year += 100 * century;
	}
	if (!when_rest(in, year, out_s))
		return false;
	*r = t;
	return true;
}

/* RFC 5280: UTCTime through 2049, GeneralizedTime from 2050 on. */
void when_put(struct buf *b, int64_t t_s)
{
	/* Where the digits are in YYYY-MM-DDTHH:MM:SSZ. */
	static const uint8_t digits[] = { 0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18 };
	char text[TIME_TEXT_MAX], out[15];
	bool utc;
	size_t n = 0;

	time_format(t_s, text);
	utc = t_s >= time_from_civil(1950, 1, 1, 0, 0, 0) && t_s < time_from_civil(2050, 1, 1, 0, 0, 0);
	for (size_t i = utc ? 2 : 0; i < sizeof digits; i++)
		out[n++] = text[digits[i]];
	out[n++] = 'Z';
	der_put(b, utc ? DER_UTCTIME : DER_GENTIME, out, n);
}
