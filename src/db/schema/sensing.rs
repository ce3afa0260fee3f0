//! The tables of devices and what they read.

diesel::table! {
    device (site_id, id) {
        site_id -> BigInt,
        id -> BigInt,
        code -> Text,
        name -> Text,
        state -> Text,
        secret_sha256 -> Text,
        commissioned_at -> BigInt,
        version -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    device_health (site_id, device_id) {
        site_id -> BigInt,
        device_id -> BigInt,
        last_seen_at -> BigInt,
        last_event_at -> BigInt,
        boot_id -> Text,
        last_seq -> BigInt,
        battery_pct -> Nullable<BigInt>,
        firmware -> Nullable<Text>,
        records_stored -> BigInt,
        records_quarantined -> BigInt,
        records_rejected -> BigInt,
        records_lost -> BigInt,
    }
}

diesel::table! {
    channel (site_id, id) {
        site_id -> BigInt,
        id -> BigInt,
        device_id -> BigInt,
        code -> Text,
    }
}

diesel::table! {
    binding (site_id, id) {
        site_id -> BigInt,
        id -> BigInt,
        channel_id -> BigInt,
        kind -> Text,
        stock_point_id -> BigInt,
        mode -> Text,
        unit_weight_mg -> Nullable<BigInt>,
        tare_mg -> BigInt,
        max_units -> BigInt,
        settle_seconds -> BigInt,
        valid_from -> BigInt,
        valid_to -> BigInt,
    }
}

diesel::table! {
    observation (site_id, channel_id, observed_at, dedupe_key) {
        site_id -> BigInt,
        channel_id -> BigInt,
        observed_at -> BigInt,
        dedupe_key -> BigInt,
        event_at -> BigInt,
        received_at -> BigInt,
        kind -> Text,
        value -> BigInt,
        quality -> Text,
    }
}

diesel::table! {
    channel_last (site_id, channel_id) {
        site_id -> BigInt,
        channel_id -> BigInt,
        observed_at -> BigInt,
        dedupe_key -> BigInt,
        event_at -> BigInt,
        received_at -> BigInt,
        value -> BigInt,
    }
}

diesel::table! {
    ingest_batch (site_id, device_id, boot_id, seq) {
        site_id -> BigInt,
        device_id -> BigInt,
        boot_id -> Text,
        seq -> BigInt,
        id -> BigInt,
        body_sha256 -> Text,
        status -> BigInt,
        answer -> Text,
        received_at -> BigInt,
    }
}

diesel::table! {
    batch_horizon (site_id, device_id, boot_id) {
        site_id -> BigInt,
        device_id -> BigInt,
        boot_id -> Text,
        seq -> BigInt,
    }
}

diesel::table! {
    quarantine_record (site_id, id) {
        site_id -> BigInt,
        id -> BigInt,
        device_id -> BigInt,
        record_key -> Text,
        channel -> Text,
        code -> Text,
        raw -> Text,
        received_at -> BigInt,
        resolved_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    sensor_step (site_id, binding_id, event_at, revision) {
        site_id -> BigInt,
        binding_id -> BigInt,
        event_at -> BigInt,
        revision -> BigInt,
        kind -> Text,
        reason -> Text,
        quantity_delta -> BigInt,
        reversed -> Bool,
    }
}

diesel::table! {
    projection_task (site_id, binding_id) {
        site_id -> BigInt,
        binding_id -> BigInt,
        dirty_from -> BigInt,
        due_at -> BigInt,
    }
}

diesel::table! {
    belief (site_id, stock_point_id) {
        site_id -> BigInt,
        stock_point_id -> BigInt,
        estimate -> BigInt,
        low -> BigInt,
        high -> BigInt,
        confidence -> Text,
        as_of -> BigInt,
        mode -> Text,
        reasons -> Text,
    }
}

diesel::table! {
    discrepancy (site_id, id) {
        site_id -> BigInt,
        id -> BigInt,
        stock_point_id -> BigInt,
        book_units -> BigInt,
        estimate_units -> BigInt,
        state -> Text,
        opened_at -> BigInt,
        resolved_at -> Nullable<BigInt>,
        resolved_by -> Nullable<Text>,
    }
}

diesel::table! {
    registry_version (site_id) {
        site_id -> BigInt,
        version -> BigInt,
    }
}

diesel::table! {
    retention_gate (site_id) {
        site_id -> BigInt,
        cutoff -> BigInt,
    }
}

diesel::table! {
    observation_hour (site_id, channel_id, bucket) {
        site_id -> BigInt,
        channel_id -> BigInt,
        bucket -> BigInt,
        observations -> BigInt,
        min_value -> BigInt,
        max_value -> BigInt,
        sum_value -> BigInt,
        last_at -> BigInt,
        last_value -> BigInt,
    }
}

diesel::table! {
    observation_day (site_id, channel_id, bucket) {
        site_id -> BigInt,
        channel_id -> BigInt,
        bucket -> BigInt,
        observations -> BigInt,
        min_value -> BigInt,
        max_value -> BigInt,
        sum_value -> BigInt,
        last_at -> BigInt,
        last_value -> BigInt,
    }
}

diesel::table! {
    rollup_dirty (site_id, channel_id, bucket) {
        site_id -> BigInt,
        channel_id -> BigInt,
        bucket -> BigInt,
        marked_at -> BigInt,
    }
}

diesel::table! {
    vendor_post (site_id, id) {
        site_id -> BigInt,
        id -> BigInt,
        device_id -> BigInt,
        door -> Text,
        body -> Text,
        body_sha256 -> Text,
        received_at -> BigInt,
    }
}
