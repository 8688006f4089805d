// Eight sites of a lattice in double precision, for links of gauge fields: one register of AVX-512. Swift imports the types as SIMD8<Double>, ...
#ifndef DIDYMOS_CLANES_SITES_H
#define DIDYMOS_CLANES_SITES_H

typedef double didymos_sites __attribute__((ext_vector_type(8)));
typedef long long didymos_site_words __attribute__((ext_vector_type(8)));

#define DIDYMOS_SITES_INLINE static inline __attribute__((always_inline))

DIDYMOS_SITES_INLINE didymos_sites didymos_sites_sqrt(didymos_sites x) {
    return __builtin_elementwise_sqrt(x);
}

DIDYMOS_SITES_INLINE didymos_sites didymos_sites_fma(didymos_sites a, didymos_sites b, didymos_sites c) {
    return __builtin_elementwise_fma(a, b, c);
}

/// c - a b, rounded once.
DIDYMOS_SITES_INLINE didymos_sites didymos_sites_fnma(didymos_sites a, didymos_sites b, didymos_sites c) {
    return __builtin_elementwise_fma(-a, b, c);
}

/// Lane l of the result is lane places[l] of x, places in 0...7.
DIDYMOS_SITES_INLINE didymos_sites didymos_sites_permute(didymos_sites x, didymos_site_words places) {
#ifdef __AVX512F__
    return __builtin_ia32_permvardf512(x, places);
#else
    didymos_sites y;
    for (int l = 0; l < 8; l++) y[l] = x[places[l]];
    return y;
#endif
}

/// a where mask is -1, b where it is 0.
DIDYMOS_SITES_INLINE didymos_sites didymos_sites_select(didymos_site_words mask, didymos_sites a, didymos_sites b) {
    return (didymos_sites)((mask & (didymos_site_words)a) | (~mask & (didymos_site_words)b));
}

/// Asks for `lines` cache lines from `start` on, into the second-level cache; does nothing else, whatever the address.
DIDYMOS_SITES_INLINE void didymos_sites_prefetch(const void *start, long lines) {
    for (long k = 0; k < lines; ++k) __builtin_prefetch((const char *)start + 64 * k, 0, 2);
}

#endif
