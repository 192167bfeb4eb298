package org.securemed.fhir.server;

import ca.uhn.fhir.jpa.migrate.DriverTypeEnum;
import ca.uhn.fhir.jpa.migrate.HapiMigrationStorageSvc;
import ca.uhn.fhir.jpa.migrate.MigrationTaskList;
import ca.uhn.fhir.jpa.migrate.SchemaMigrator;
import ca.uhn.fhir.jpa.migrate.dao.HapiMigrationDao;
import ca.uhn.fhir.jpa.migrate.tasks.HapiFhirJpaMigrationTasks;
import ca.uhn.fhir.util.VersionEnum;
import java.util.Properties;
import java.util.Set;
import javax.sql.DataSource;

/** Brings HAPI's own tables to the version that this build needs, with HAPI's own migrations. */
final class HapiSchema {
    private HapiSchema() {}

    /**
     * Creates or migrates the tables; does nothing when they are current.
     *
     * @throws RuntimeException HAPI's, if a migration fails; the server must not start then
     */
    static void migrate(DataSource dataSource) {
        String table = SchemaMigrator.HAPI_FHIR_MIGRATION_TABLENAME;
        HapiMigrationStorageSvc storage =
                new HapiMigrationStorageSvc(new HapiMigrationDao(dataSource, DriverTypeEnum.POSTGRES_9_4, table));
        MigrationTaskList tasks = new HapiFhirJpaMigrationTasks(Set.of()).getAllTasks(VersionEnum.values());
        SchemaMigrator migrator = new SchemaMigrator("HAPI FHIR", table, dataSource, new Properties(), tasks, storage);
        migrator.setDriverType(DriverTypeEnum.POSTGRES_9_4);
        migrator.createMigrationTableIfRequired();
        migrator.migrate();
    }
}
