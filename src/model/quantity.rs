//! Kubernetes quantities.

mod parse;
mod written;

pub use parse::QuantityError;
pub use written::{Format, WrittenQuantity};

use std::cmp::Ordering;

/// An amount as the API writes it (`100m`, `1.5Gi`, `1e3`).
///
/// Exact, and with upstream's two forms: a 64-bit mantissa with a power of ten while that holds the value, else
/// 128 bits of billionths. The forms agree on every value in range; out of range they overflow as `resource.Quantity`
/// does, since what kube-scheduler makes of `cpu: 12Ei` is what a decision has to say. What needs more than 128 bits of
/// billionths (beyond 10^29) is refused, and sums that do are capped.
/// Whole units and thousandths are rounded up, and only after summing.
#[derive(Clone, Copy, Debug)]
pub struct Quantity(Form);

#[derive(Clone, Copy, Debug)]
enum Form {
    /// `value × 10^exponent`.
    Short { value: i64, exponent: i32 },
    /// `unscaled / 10^scale`.
    Long { unscaled: i128, scale: i32 },
}

impl Default for Quantity {
    fn default() -> Self {
        Self::new(0)
    }
}

impl Quantity {
    /// `value` whole units.
    pub const fn new(value: i64) -> Self {
        Self(Form::Short { value, exponent: 0 })
    }

    /// `value` thousandths.
    pub const fn from_milli(value: i64) -> Self {
        Self(Form::Short { value, exponent: -3 })
    }

    /// The value in whole units, rounded up.
    pub fn value(&self) -> i64 {
        self.scaled(0)
    }

    /// The value in thousandths, rounded up.
    pub fn milli_value(&self) -> i64 {
        self.scaled(-3)
    }

    /// The value over `10^exponent`, rounded up.
    fn scaled(&self, exponent: i32) -> i64 {
        match self.0 {
            Form::Short { value, exponent: own } if own < exponent => {
                round_away(value, own.abs_diff(exponent))
            }
            Form::Short { value, exponent: own } => scale_up(value, own.abs_diff(exponent)),
            Form::Long { unscaled, scale } => scaled_long(unscaled, i64::from(scale) + i64::from(exponent)),
        }
    }

    /// Adds `other`.
    pub fn add(&mut self, other: &Self) {
        if let (
            Form::Short {
                value: a,
                exponent: ea,
            },
            Form::Short {
                value: b,
                exponent: eb,
            },
        ) = (self.0, other.0)
            && let Some(sum) = add_short(a, ea, b, eb)
        {
            self.0 = sum;
            return;
        }
        let ((a, scale_a), (b, scale_b)) = (self.long(), other.long());
        let scale = scale_a.max(scale_b);
        self.0 = Form::Long {
            unscaled: align(a, scale_a, scale).saturating_add(align(b, scale_b, scale)),
            scale,
        };
    }

    /// Takes `other` away.
    pub fn sub(&mut self, other: &Self) {
        self.add(&match other.0 {
            Form::Short { value, exponent } if value != i64::MIN => Self(Form::Short {
                value: -value,
                exponent,
            }),
            _ => {
                let (unscaled, scale) = other.long();
                Self(Form::Long {
                    unscaled: unscaled.saturating_neg(),
                    scale,
                })
            }
        });
    }

    /// -1 below zero, 0 at zero, 1 above.
    pub fn sign(&self) -> i32 {
        self.long().0.signum() as i32
    }

    /// The value where it is written as a whole number within 64 bits; what has decimals is none, even `1000m`.
    pub fn as_i64(&self) -> Option<i64> {
        match self.0 {
            Form::Short { value, exponent } => {
                value.checked_mul(10_i64.checked_pow(u32::try_from(exponent).ok()?)?)
            }
            Form::Long { .. } => None,
        }
    }

    /// The value as a floating-point number, perhaps rounded.
    pub fn as_f64(&self) -> f64 {
        let (unscaled, scale) = self.long();
        unscaled as f64 / 10_f64.powi(scale)
    }

    /// Takes on `other` where it is greater.
    pub fn raise_to(&mut self, other: &Self) {
        if other.cmp(self) == Ordering::Greater {
            // A comparison with a long form leaves a long form behind upstream.
            *self = match self.0 {
                Form::Long { .. } => {
                    let (unscaled, scale) = other.long();
                    Self(Form::Long { unscaled, scale })
                }
                Form::Short { .. } => *other,
            };
        }
    }

    fn long(&self) -> (i128, i32) {
        match self.0 {
            Form::Short { value, exponent } => (i128::from(value), exponent.saturating_neg()),
            Form::Long { unscaled, scale } => (unscaled, scale),
        }
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        let ((a, scale_a), (b, scale_b)) = (self.long(), other.long());
        if a.signum() != b.signum() || a == 0 {
            return a.signum().cmp(&b.signum());
        }
        let scale = scale_a.max(scale_b);
        match (
            raise(a, scale.abs_diff(scale_a)),
            raise(b, scale.abs_diff(scale_b)),
        ) {
            (Some(a), Some(b)) => a.cmp(&b),
            // Too large to write out: the one that overflows is farther from zero.
            (None, _) => a.signum().cmp(&0),
            (_, None) => 0.cmp(&b.signum()),
        }
    }
}

fn raise(value: i128, places: u32) -> Option<i128> {
    if value == 0 {
        return Some(0);
    }
    value.checked_mul(10_i128.checked_pow(places)?)
}

fn align(value: i128, from: i32, to: i32) -> i128 {
    raise(value, to.abs_diff(from)).unwrap_or(if value < 0 { i128::MIN } else { i128::MAX })
}

fn add_short(a: i64, ea: i32, b: i64, eb: i32) -> Option<Form> {
    let exponent = ea.min(eb);
    match (a, b) {
        (_, 0) => {
            return Some(Form::Short {
                value: a,
                exponent: ea,
            });
        }
        (0, _) => {
            return Some(Form::Short {
                value: b,
                exponent: eb,
            });
        }
        _ => {}
    }
    let at = |value: i64, own: i32| i64::try_from(raise(i128::from(value), own.abs_diff(exponent))?).ok();
    let value = at(a, ea)?.checked_add(at(b, eb)?)?;
    Some(Form::Short { value, exponent })
}

/// `value / 10^places`, rounded away from zero.
fn round_away(value: i64, places: u32) -> i64 {
    let Some(divisor) = 10_i64.checked_pow(places) else {
        return value.signum();
    };
    value / divisor + if value % divisor == 0 { 0 } else { value.signum() }
}

/// `value × 10^places` in 64 bits, as upstream's `positiveScaleInt64` gives it: what overflows wraps around for the usual
/// powers, and is zero for others.
fn scale_up(value: i64, places: u32) -> i64 {
    let exact = 10_i64
        .checked_pow(places)
        .and_then(|power| value.checked_mul(power));
    exact.unwrap_or_else(|| match places {
        1 | 2 | 3 | 6 | 9 if value != i64::MIN => value.wrapping_mul(10_i64.pow(places)),
        _ => 0,
    })
}

/// `unscaled / 10^places` in 64 bits, as upstream's `scaledValue` gives it, overflow and all.
fn scaled_long(unscaled: i128, places: i64) -> i64 {
    let low = unscaled as i64;
    if places == 0 {
        return low;
    }
    if places < 0 {
        let factor = u32::try_from(-places)
            .ok()
            .and_then(|p| 10_i64.checked_pow(p))
            .unwrap_or(i64::MIN);
        return low.wrapping_mul(factor);
    }
    let Some(divisor) = u32::try_from(places).ok().and_then(|p| 10_i128.checked_pow(p)) else {
        return i64::from(unscaled != 0);
    };
    if unscaled < i128::from(i64::MAX) && places < 19 {
        let divisor = divisor as i64;
        return low / divisor + i64::from(low % divisor != 0);
    }
    let up = i128::from(unscaled.rem_euclid(divisor) != 0);
    (unscaled.div_euclid(divisor) + up) as i64
}
