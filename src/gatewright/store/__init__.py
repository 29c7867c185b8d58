"""What Gatewright remembers, in SQLite or PostgreSQL.

Use it in transactions that hold every repository::

    async with Database.open(url) as db:
        await db.migrate()
        async with db.transaction() as unit:      # or db.reading()
            await unit.fleet.apply_desired(...)   # fleet, credentials, records, plans, rollouts, workers,
                                                  # states, journal

The repositories take and give values of the model (and of ``planning.request``), never rows.
"""
