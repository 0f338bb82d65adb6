"""The demonstration: four real territories, loaded from `fixtures/demonstration/` by `charger_demo`."""
