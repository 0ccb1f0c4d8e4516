//! Amounts of resources as manifests write them.

use crate::model::resources::ResourceId;

/// `amount` of a resource in the unit that the model keeps it in: `500m` and `2` of cpu, `1536Mi` and `2Gi` of memory
/// or storage, the number itself of anything else.
pub(super) fn show(resource: ResourceId, amount: i64) -> String {
    match resource {
        ResourceId::CPU if amount % 1000 == 0 => (amount / 1000).to_string(),
        ResourceId::CPU => format!("{amount}m"),
        ResourceId::MEMORY | ResourceId::EPHEMERAL_STORAGE => bytes(amount),
        _ => amount.to_string(),
    }
}

/// With the largest suffix that keeps it exact.
fn bytes(amount: i64) -> String {
    const SUFFIXES: [(i64, &str); 6] = [
        (1 << 40, "Ti"),
        (1 << 30, "Gi"),
        (1 << 20, "Mi"),
        (1_000_000_000, "G"),
        (1_000_000, "M"),
        (1 << 10, "Ki"),
    ];
    SUFFIXES
        .iter()
        .find(|&&(unit, _)| amount != 0 && amount % unit == 0)
        .map_or_else(
            || amount.to_string(),
            |(unit, suffix)| format!("{}{suffix}", amount / unit),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_as_in_a_manifest() {
        assert_eq!(show(ResourceId::CPU, 500), "500m");
        assert_eq!(show(ResourceId::CPU, 2000), "2");
        assert_eq!(show(ResourceId::MEMORY, 3 << 29), "1536Mi");
        assert_eq!(show(ResourceId::MEMORY, 2 << 30), "2Gi");
        assert_eq!(show(ResourceId::MEMORY, 200_000_000), "200M");
        assert_eq!(show(ResourceId::EPHEMERAL_STORAGE, 1025), "1025");
        assert_eq!(show(ResourceId(7), 3), "3");
        assert_eq!(show(ResourceId::MEMORY, 0), "0");
    }
}
