// The vector instructions that Swift 6.3 does not reach: `SIMD16.squareRoot()` becomes sixteen scalar roots, each
// with a branch to libm, and a conversion such as SIMD16<Float>(integers) becomes a call. Swift imports these types as
// SIMD16<Float>, SIMD16<Double>, ..., and inlines the functions.
#ifndef DIDYMOS_CLANES_H
#define DIDYMOS_CLANES_H

typedef float didymos_lane __attribute__((ext_vector_type(16)));
typedef float didymos_half_lane __attribute__((ext_vector_type(8)));
typedef double didymos_double_lane __attribute__((ext_vector_type(16)));
typedef int didymos_int32_lane __attribute__((ext_vector_type(16)));
typedef unsigned int didymos_uint32_lane __attribute__((ext_vector_type(16)));
typedef unsigned long long didymos_uint64_lane __attribute__((ext_vector_type(16)));

#define DIDYMOS_INLINE static inline __attribute__((always_inline))

DIDYMOS_INLINE didymos_lane didymos_lane_sqrt(didymos_lane x) {
    return __builtin_elementwise_sqrt(x);
}

DIDYMOS_INLINE didymos_double_lane didymos_double_lane_sqrt(didymos_double_lane x) {
    return __builtin_elementwise_sqrt(x);
}

DIDYMOS_INLINE didymos_lane didymos_lane_fma(didymos_lane a, didymos_lane b, didymos_lane c) {
    return __builtin_elementwise_fma(a, b, c);
}

DIDYMOS_INLINE didymos_half_lane didymos_half_lane_fma(didymos_half_lane a, didymos_half_lane b, didymos_half_lane c) {
    return __builtin_elementwise_fma(a, b, c);
}

DIDYMOS_INLINE didymos_double_lane didymos_double_lane_fma(didymos_double_lane a, didymos_double_lane b, didymos_double_lane c) {
    return __builtin_elementwise_fma(a, b, c);
}

DIDYMOS_INLINE didymos_lane didymos_lane_from_int32(didymos_int32_lane x) {
    return __builtin_convertvector(x, didymos_lane);
}

DIDYMOS_INLINE didymos_lane didymos_lane_from_double(didymos_double_lane x) {
    return __builtin_convertvector(x, didymos_lane);
}

DIDYMOS_INLINE didymos_double_lane didymos_double_lane_from_float(didymos_lane x) {
    return __builtin_convertvector(x, didymos_double_lane);
}

DIDYMOS_INLINE didymos_uint64_lane didymos_uint64_lane_from_uint32(didymos_uint32_lane x) {
    return __builtin_convertvector(x, didymos_uint64_lane);
}

// Tables of rows of eight floats: sixteen samples read or add to a row each. A transpose of registers is cheaper than
// sixteen single loads for every column.
typedef float didymos_row __attribute__((ext_vector_type(8), aligned(4)));
typedef struct { didymos_row r[8]; } didymos_rows8;

DIDYMOS_INLINE didymos_rows8 didymos_transpose8(didymos_rows8 a) {
    didymos_rows8 t, u, o;
    for (int i = 0; i < 8; i += 2) {
        t.r[i] = __builtin_shufflevector(a.r[i], a.r[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
        t.r[i + 1] = __builtin_shufflevector(a.r[i], a.r[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
    }
    for (int i = 0; i < 8; i += 4) {
        u.r[i] = __builtin_shufflevector(t.r[i], t.r[i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
        u.r[i + 1] = __builtin_shufflevector(t.r[i], t.r[i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
        u.r[i + 2] = __builtin_shufflevector(t.r[i + 1], t.r[i + 3], 0, 1, 8, 9, 4, 5, 12, 13);
        u.r[i + 3] = __builtin_shufflevector(t.r[i + 1], t.r[i + 3], 2, 3, 10, 11, 6, 7, 14, 15);
    }
    for (int i = 0; i < 4; i++) {
        o.r[i] = __builtin_shufflevector(u.r[i], u.r[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        o.r[i + 4] = __builtin_shufflevector(u.r[i], u.r[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
    return o;
}

/// columns[c][sample] = table[rows[sample]][c], for eight columns. (Swift imports no type of such alignment behind a pointer.)
DIDYMOS_INLINE void didymos_gather_rows(const float *table, didymos_int32_lane rows, float *columns) {
    didymos_rows8 low, high;
    for (int i = 0; i < 8; i++) {
        low.r[i] = *(const didymos_row *)(table + 8 * (long)rows[i]);
        high.r[i] = *(const didymos_row *)(table + 8 * (long)rows[i + 8]);
    }
    low = didymos_transpose8(low);
    high = didymos_transpose8(high);
    for (int i = 0; i < 8; i++) {
        *(didymos_row *)(columns + 16 * i) = low.r[i];
        *(didymos_row *)(columns + 16 * i + 8) = high.r[i];
    }
}

/// table[rows[sample]][c] += columns[c][sample], sample after sample.
DIDYMOS_INLINE void didymos_add_to_rows(float *table, didymos_int32_lane rows, const float *columns) {
    didymos_rows8 low, high;
    for (int i = 0; i < 8; i++) {
        low.r[i] = *(const didymos_row *)(columns + 16 * i);
        high.r[i] = *(const didymos_row *)(columns + 16 * i + 8);
    }
    low = didymos_transpose8(low);
    high = didymos_transpose8(high);
    for (int i = 0; i < 8; i++) *(didymos_row *)(table + 8 * (long)rows[i]) += low.r[i];
    for (int i = 0; i < 8; i++) *(didymos_row *)(table + 8 * (long)rows[i + 8]) += high.r[i];
}

/// How many of the ascending `edges` are at or below each value.
DIDYMOS_INLINE didymos_int32_lane didymos_count_not_above(const float *edges, int count, didymos_lane value) {
    didymos_int32_lane sum = 0;
    for (int i = 0; i < count; i++) sum -= (value >= (didymos_lane)(edges[i]));
    return sum;
}

DIDYMOS_INLINE int didymos_lane_or(didymos_int32_lane x) {
    return __builtin_reduce_or(x);
}

#endif
