-- Numbers.
SELECT abs(-5), abs(-5.5), abs(-5.5e0), abs(CAST(-3 AS tinyint)), abs(CAST(NULL AS bigint)), abs(-0.0e0);
SELECT abs(CAST(-128 AS tinyint));
SELECT abs(a_bigint) FROM edge_values WHERE id = 2;
SELECT ceil(1.2e0), ceiling(-1.2e0), floor(1.8e0), floor(-1.2e0), ceil(5), floor(1.5), ceil(1.5), ceil(-0.5e0), typeof(ceil(1.5)), typeof(floor(2));
SELECT round(1.5e0), round(2.5e0), round(-1.5e0), round(-2.5e0), round(0.5e0), round(1.4999e0), round(1.005e0, 2), round(2.675e0, 2);
SELECT round(1.25, 1), round(1.35, 1), round(-1.25, 1), round(12345.678, -2), round(1.5), round(2.5), round(-2.5), typeof(round(1.25, 1)), typeof(round(2.5)), typeof(round(1.5e0, 1));
SELECT round(15, -1), round(25, -1), round(-15, -1), round(14, -1), round(123456789, -3), round(5, 2), typeof(round(15, -1));
SELECT round(nan()), round(infinity()), round(CAST(1.25 AS real), 1), round(1e300, 2), round(1234.5678e0, -2);
SELECT truncate(1.9e0), truncate(-1.9e0), truncate(12.345, 1), truncate(12.345, -1), truncate(-0.5), typeof(truncate(12.345, 1)), truncate(DECIMAL '99.99');
SELECT sign(-5), sign(0), sign(2.5), sign(-2.5e0), sign(nan()), sign(-0.0e0), sign(CAST(3 AS bigint)), typeof(sign(2.5));
SELECT mod(5, 3), mod(-5, 3), mod(5, -3), mod(5.5, 2), mod(5.5e0, 2e0), mod(-5.5e0, 2e0), mod(5e0, 0e0);
SELECT mod(5, 0);
SELECT power(2, 10), pow(2e0, 0.5e0), power(0, 0), power(-8, 1e0 / 3), power(2, -1), typeof(power(2, 2));
SELECT sqrt(16), sqrt(2), sqrt(-1), cbrt(27), cbrt(-8), exp(1), ln(2.718281828459045e0), ln(0), ln(-1), log2(8), log10(1000), log(2, 8), log(10, 0.001e0);
SELECT pi(), e(), infinity(), -infinity(), nan(), is_nan(nan()), is_finite(1e0), is_infinite(-infinity()), is_nan(1e0), is_finite(nan());
-- The last digit depends on the processor.
-- tolerance 0.000000000000001
SELECT sin(0), cos(0), tan(0), asin(1), acos(1), atan(1), atan2(1, -1), sinh(1), cosh(1), tanh(1), degrees(pi()), radians(180), asin(2);
SELECT greatest(1, 3, 2), least(1, 3, 2), greatest(1, NULL), least('b', 'a'), greatest(1, 2.5), greatest(DATE '2026-01-01', DATE '2026-02-01'), greatest(1e0, nan()), least(1e0, nan());
SELECT greatest(ARRAY[1, 2], ARRAY[1, 3]), greatest(true, false), greatest('a', 'B'), greatest(1);
SELECT greatest(1, 'a');
SELECT width_bucket(5.3e0, 0.2e0, 10.6e0, 5), width_bucket(-1e0, 0e0, 10e0, 5), width_bucket(11e0, 0e0, 10e0, 5), width_bucket(3e0, ARRAY[1e0, 2e0, 4e0]);
SELECT width_bucket(1e0, 0e0, 10e0, 0);
SELECT from_base('ff', 16), from_base('-101', 2), to_base(255, 16), to_base(-5, 2), to_base(0, 10);
SELECT from_base('zz', 10);
SELECT to_base(1, 99);
-- The last digit depends on the processor.
-- tolerance 0.000000000000001
SELECT cosine_similarity(MAP(ARRAY['a'], ARRAY[1.0e0]), MAP(ARRAY['a'], ARRAY[2.0e0])), normal_cdf(0, 1, 1.96e0), inverse_normal_cdf(0, 1, 0.975e0), wilson_interval_lower(1250, 1310, 1.96e0), wilson_interval_upper(1250, 1310, 1.96e0);
SELECT beta_cdf(3, 4, 0.5e0), inverse_beta_cdf(2, 5, 0.5e0);
SELECT an_integer, abs(an_integer / 2), sign(an_integer), mod(an_integer, 7), an_integer % 10 FROM edge_values ORDER BY id;
SELECT a_double, ceil(a_double), floor(a_double), round(a_double, 1), sign(a_double), sqrt(a_double), is_nan(a_double) FROM edge_values ORDER BY id;
SELECT a_decimal, ceil(a_decimal), floor(a_decimal), round(a_decimal), round(a_decimal, 1), truncate(a_decimal, 1), abs(a_decimal), sign(a_decimal), -a_decimal FROM edge_values ORDER BY id;
SELECT a_fraction, round(a_fraction, 3), truncate(a_fraction), floor(a_fraction), mod(a_fraction, 2) FROM edge_values ORDER BY id;
SELECT a_real, a_real * 2, round(a_real, 2), abs(a_real), CAST(a_real AS double), typeof(a_real * 2), typeof(sqrt(a_real)) FROM edge_values ORDER BY id;
SELECT a_long_decimal, a_long_decimal % 1000, round(a_long_decimal, -3), sign(a_long_decimal) FROM edge_values WHERE id NOT IN (2, 3) ORDER BY id;
SELECT round(a_long_decimal, -3) FROM edge_values WHERE id = 3;
SELECT typeof(abs(CAST(1 AS smallint))), typeof(mod(CAST(1 AS tinyint), CAST(1 AS bigint))), typeof(greatest(CAST(1 AS tinyint), 1)), typeof(truncate(1.5e0)), typeof(round(CAST(1 AS real))), typeof(ln(CAST(1 AS real)));
SELECT rand() BETWEEN 0 AND 1, random(5) BETWEEN 0 AND 4, random(3, 5) BETWEEN 3 AND 4, typeof(rand()), typeof(random(5));
SELECT random(0);
SELECT ceil('1.5');
SELECT abs('x');
SELECT sqrt('4');
SELECT power(2);
SELECT log(8);
SELECT round(1.5, 1, 1);
SELECT factorial(5);
SELECT bit_count(7, 64), bit_count(-1, 64), bit_count(-7, 8), bitwise_and(19, 25), bitwise_or(19, 25), bitwise_xor(19, 25), bitwise_not(19), bitwise_not(-12);
SELECT bit_count(100, 4);
SELECT bitwise_left_shift(1, 2), bitwise_left_shift(5, 64), bitwise_right_shift(8, 3), bitwise_right_shift(-8, 3), bitwise_right_shift_arithmetic(-8, 3), bitwise_left_shift(CAST(7 AS tinyint), 6), bitwise_right_shift(CAST(-8 AS smallint), 2);
SELECT bitwise_and(CAST(1 AS tinyint), CAST(3 AS tinyint)), typeof(bitwise_and(1, 3)), typeof(bitwise_left_shift(CAST(1 AS smallint), 1)), typeof(bitwise_not(1));
SELECT 1 & 3;
SELECT 5 # 3;
SELECT 1 << 2;
SELECT 7 // 2;
SELECT 2 ** 3;
SELECT 2 ^ 3;
SELECT duration_ms / 60000, duration_ms % 60000 / 1000, round(duration_ms / 60000.0, 2), round(duration_ms / 60000e0, 2), track_id FROM tracks WHERE snapshot_date = '2026-11-27' ORDER BY track_id;
