// The vector instructions that Swift 6.3 does not reach: `SIMD16.squareRoot()` becomes sixteen scalar roots, each
// with a branch to libm, and a conversion such as SIMD16<Float>(integers) becomes a call. Swift imports these types as
// SIMD16<Float>, SIMD16<Double>, ..., and inlines the functions.
#ifndef DIDYMOS_CLANES_H
#define DIDYMOS_CLANES_H

typedef float didymos_lane __attribute__((ext_vector_type(16)));
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

DIDYMOS_INLINE int didymos_lane_or(didymos_int32_lane x) {
    return __builtin_reduce_or(x);
}

#endif
