package org.securemed.card.database;

import javax.sql.DataSource;
import org.flywaydb.core.Flyway;

/** The tables of the bridge, in the schema {@code card}; whoever needs them asks for this first. */
public final class BridgeSchema {
    /**
     * Migrates the schema to the version of this build; does nothing when it is current.
     *
     * @throws RuntimeException Flyway's, if a script fails or was changed after it ran; the application must not start
     *     then
     */
    public BridgeSchema(DataSource database) {
        Flyway.configure(BridgeSchema.class.getClassLoader())
                .dataSource(database)
                .schemas("card")
                .createSchemas(true)
                .table("schema_history")
                .locations("classpath:db/card")
                // Features number their scripts in ranges of their own.
                .outOfOrder(true)
                .cleanDisabled(true)
                .load()
                .migrate();
    }
}
