/* bench_floor - CPU microseconds of one P-384 verification and one RS256 signature: the floor of a SNP
 * request. */
#include <stdio.h>

#include "bench/bench.h"
#include "bench/floor.h"

int main(void)
{
	static struct floor_op verify, sign;
	struct variant v[] = {
		{ .name = "P-384 verify", .fn = floor_run, .state = &verify, .per_round = 100 },
		{ .name = "RS256 sign", .fn = floor_run, .state = &sign, .per_round = 200 },
	};

	if (!floor_make(&verify, FLOOR_P384_VERIFY) || !floor_make(&sign, FLOOR_RSA2048_SIGN) ||
	    !bench_run(v, 2))
		return 1;
	bench_print(&v[0], NULL);
	bench_print(&v[1], NULL);
	return 0;
}
