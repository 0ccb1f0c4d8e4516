//! The natural logarithm to the last bit as Go has it.
//!
//! Platforms differ in the last bit of one in a hundred logarithms, and a score may hang on that bit.

/// Coefficients of the series of `ln(1 + f)` in `s = f / (2 + f)`, for even powers of `s` from the second on (FreeBSD's
/// `e_log.c`, which Go follows).
const SERIES: [f64; 7] = [
    6.666_666_666_666_735e-1,
    3.999_999_999_940_942e-1,
    2.857_142_874_366_239e-1,
    2.222_219_843_214_978_4e-1,
    1.818_357_216_161_805e-1,
    1.531_383_769_920_937_3e-1,
    1.479_819_860_511_658_6e-1,
];
/// `ln 2`, its first bits and the rest.
const LN_2: (f64, f64) = (6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10);

/// `ln(value)`.
pub(super) fn ln(value: u32) -> f64 {
    let mut exponent = value.max(1).ilog2() as i32 + 1;
    let mut fraction = f64::from(value.max(1)) / 2_f64.powi(exponent);
    if fraction < std::f64::consts::FRAC_1_SQRT_2 {
        fraction *= 2.0;
        exponent -= 1;
    }
    let f = fraction - 1.0;
    let s = f / (2.0 + f);
    let s2 = s * s;
    let s4 = s2 * s2;
    let [c2, c4, c6, c8, c10, c12, c14] = SERIES;
    let odd = s2 * (c2 + s4 * (c6 + s4 * (c10 + s4 * c14)));
    let even = s4 * (c4 + s4 * (c8 + s4 * c12));
    let rest = odd + even;
    let half = 0.5 * f * f;
    let k = f64::from(exponent);
    k * LN_2.0 - ((half - (s * (half + rest) + k * LN_2.1)) - f)
}

#[cfg(test)]
mod tests {
    use super::ln;

    #[test]
    fn it_is_that_of_go() {
        for (value, bits) in KNOWN {
            assert_eq!(ln(value).to_bits(), bits, "{value}");
        }
        for value in 1..30_000 {
            let exact = f64::from(value).ln();
            assert!((ln(value) - exact).abs() <= exact.abs() * f64::EPSILON, "{value}");
        }
    }

    /// What Go prints, most of it where others round the other way.
    const KNOWN: [(u32, u64); 7] = [
        (2, 4_604_418_534_313_441_775),
        (3, 4_607_626_529_066_517_258),
        (14, 4_613_125_047_603_149_736),
        (48, 4_615_899_588_515_117_940),
        (100, 4_616_870_979_110_786_326),
        (308, 4_618_137_537_239_236_792),
        (5002, 4_620_984_596_700_103_865),
    ];
}
