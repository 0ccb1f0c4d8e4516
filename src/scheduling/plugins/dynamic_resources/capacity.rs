//! Shares of a device: what a request takes of each capacity, and whether that is left.

use crate::model::device::{DeviceCapacity, RequestPolicy, ValidRange};
use crate::model::quantity::{Quantity, WrittenQuantity};

use super::inventory::Amounts;

/// What a request wants of which capacity; `None` where it does not say.
pub(super) type Wanted<'c> = Option<&'c [(std::sync::Arc<str>, WrittenQuantity)]>;
/// A device's capacity by name.
pub(super) type Capacities<'a> = &'a [(std::sync::Arc<str>, DeviceCapacity)];

const TOO_LARGE: &str = "capacity request cannot be represented in the device's range arithmetic";

/// Whether `wanted` can be had of `capacity`, given what claims hold and what this attempt takes already.
///
/// # Errors
/// What cannot be worked out, which ends the cycle.
pub(super) fn fits(
    wanted: Wanted<'_>,
    capacity: Capacities<'_>,
    held: [Option<&Amounts<'_>>; 2],
    fractions: bool,
) -> Result<bool, String> {
    let knows = |name: &str| capacity.iter().any(|(have, _)| **have == *name);
    if wanted.into_iter().flatten().any(|(name, _)| !knows(name)) {
        return Ok(false);
    }
    let shares = shares(wanted, capacity, fractions)?;
    for ((name, of), share) in capacity.iter().zip(&shares) {
        if of
            .policy
            .as_ref()
            .is_some_and(|policy| violates(share, policy, fractions))
        {
            return Ok(false);
        }
        let mut sum = share.amount;
        for held in held.into_iter().flatten().filter_map(|held| held.get(&**name)) {
            sum.add(held);
        }
        if sum > of.value.amount {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What `wanted` takes of each capacity, in order.
///
/// # Errors
/// What cannot be worked out, which ends the cycle.
pub(super) fn shares(
    wanted: Wanted<'_>,
    capacity: Capacities<'_>,
    fractions: bool,
) -> Result<Vec<WrittenQuantity>, String> {
    let share = |(name, of): &(std::sync::Arc<str>, DeviceCapacity)| {
        let wanted = wanted.into_iter().flatten().find(|(have, _)| have == name);
        let share = share(wanted.map(|(_, amount)| amount), of, fractions)
            .map_err(|text| format!("capacity {name:?}: {text}"))?;
        if share.amount.sign() < 0 {
            return Err(format!("capacity {name:?}: capacity value is negative"));
        }
        Ok(share)
    };
    capacity.iter().map(share).collect()
}

fn share(
    wanted: Option<&WrittenQuantity>,
    of: &DeviceCapacity,
    fractions: bool,
) -> Result<WrittenQuantity, String> {
    let policy = of.policy.as_ref();
    let Some(wanted) = wanted else {
        let default = policy.and_then(|policy| policy.default.as_ref());
        return Ok(default.unwrap_or(&of.value).clone());
    };
    match policy {
        Some(RequestPolicy {
            range: Some(range), ..
        }) if range.min.is_some() => round_up(wanted, range, fractions),
        Some(RequestPolicy {
            values: Some(values), ..
        }) => {
            let enough = values.iter().find(|value| wanted.amount <= value.amount);
            Ok(enough.unwrap_or(wanted).clone())
        }
        _ => Ok(wanted.clone()),
    }
}

fn round_up(
    wanted: &WrittenQuantity,
    range: &ValidRange,
    fractions: bool,
) -> Result<WrittenQuantity, String> {
    let min = range
        .min
        .as_ref()
        .map_or_else(Quantity::default, |min| min.amount);
    if let Some(min) = range.min.as_ref().filter(|min| wanted.amount < min.amount) {
        return Ok(min.clone());
    }
    let Some(step) = &range.step else {
        return Ok(wanted.clone());
    };
    if in_thousandths(range, fractions) {
        let Some(asked) = thousandths(&wanted.amount) else {
            return Err(format!(
                "{TOO_LARGE}: request {wanted} is not a representable milli value"
            ));
        };
        let rounded = next_step(asked, min.milli_value(), step.amount.milli_value())?;
        let Some(value) = rounded else {
            return Err(format!(
                "{TOO_LARGE}: rounding request {wanted} up to the next step passes the milli-value range"
            ));
        };
        let amount = match value % 1000 {
            0 => Quantity::new(value / 1000),
            _ => Quantity::from_milli(value),
        };
        return Ok(WrittenQuantity::new(amount, step.format));
    }
    if wanted.amount > Quantity::new(i64::MAX) {
        return Err(format!("{TOO_LARGE}: request {wanted} exceeds MaxInt64"));
    }
    let rounded = next_step(wanted.amount.value(), min.value(), step.amount.value())?;
    let Some(value) = rounded else {
        return Err(format!(
            "{TOO_LARGE}: rounding request {wanted} up to the next step passes MaxInt64"
        ));
    };
    Ok(WrittenQuantity::new(Quantity::new(value), step.format))
}

/// The least of `min + n × step` that is `asked` or more; `None` where it does not fit.
fn next_step(asked: i64, min: i64, step: i64) -> Result<Option<i64>, String> {
    if step == 0 {
        return Err("the step of its valid range is zero".to_owned());
    }
    let added = i128::from(asked) - i128::from(min);
    let (step, min) = (i128::from(step), i128::from(min));
    let steps = added / step + i128::from(added % step != 0);
    Ok(i64::try_from(min + step * steps).ok())
}

fn violates(share: &WrittenQuantity, policy: &RequestPolicy, fractions: bool) -> bool {
    if policy
        .default
        .as_ref()
        .is_some_and(|default| share.is_identical(default))
    {
        return false;
    }
    if let Some(range) = &policy.range {
        return outside(share, range, fractions);
    }
    let values = policy.values.as_deref().unwrap_or_default();
    !values.is_empty() && values.iter().all(|value| value.amount != share.amount)
}

fn outside(share: &WrittenQuantity, range: &ValidRange, fractions: bool) -> bool {
    if range.max.as_ref().is_some_and(|max| share.amount > max.amount) {
        return true;
    }
    let Some(step) = &range.step else {
        return false;
    };
    let min = range
        .min
        .as_ref()
        .map_or_else(Quantity::default, |min| min.amount);
    let (share, step, min) = if in_thousandths(range, fractions) {
        let Some(share) = thousandths(&share.amount) else {
            return true;
        };
        (share, step.amount.milli_value(), min.milli_value())
    } else {
        (share.amount.value(), step.amount.value(), min.value())
    };
    share.wrapping_sub(min).checked_rem(step) != Some(0)
}

/// Whether a range is worked out in thousandths: all of it must be such numbers, and the gate on.
fn in_thousandths(range: &ValidRange, fractions: bool) -> bool {
    let fits = |quantity: &Option<WrittenQuantity>| {
        quantity
            .as_ref()
            .is_none_or(|quantity| thousandths(&quantity.amount).is_some())
    };
    let step = range.step.as_ref().and_then(|step| thousandths(&step.amount));
    fractions
        && fits(&range.min)
        && fits(&range.max)
        && fits(&range.step)
        && step.is_none_or(|step| step >= 1)
}

fn thousandths(quantity: &Quantity) -> Option<i64> {
    let milli = quantity.milli_value();
    (Quantity::from_milli(milli) == *quantity).then_some(milli)
}
