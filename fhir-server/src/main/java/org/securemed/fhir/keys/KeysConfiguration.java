package org.securemed.fhir.keys;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.admin.LedgerAlarms;
import org.securemed.ledger.checkpoint.KeyException;
import org.securemed.ledger.erasure.KeyEncryptionKeys;
import org.securemed.ledger.erasure.PatientKeys;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.LedgerKeys;
import org.securemed.ledger.log.LedgerOptions;
import org.securemed.ledger.storage.FileCheckpointVault;
import org.securemed.ledger.storage.PatientKeyStore;
import org.securemed.ledger.storage.PostgresLogStore;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.core.env.Profiles;

/** The ledger and its keys: from keystores, or made for development, which {@code production} refuses. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(LedgerProperties.class)
public class KeysConfiguration {
    private static final int CACHED_KEYS = 100_000;
    private static final Duration KEY_AGE = Duration.ofMinutes(5);

    @Bean
    LedgerSchema ledgerSchema(DataSource dataSource, LedgerProperties properties, Environment environment) {
        LedgerSchema schema = new LedgerSchema(dataSource, properties.ownerUsername(), properties.ownerPassword());
        if (environment.acceptsProfiles(Profiles.of("production"))) {
            LedgerSchema.requireWriterOnly(dataSource);
        }
        return schema;
    }

    @Bean
    LedgerAlarms ledgerAlarms() {
        return new LedgerAlarms();
    }

    @Bean
    PatientKeys patientKeys(LedgerSchema schema, LedgerProperties properties, Environment environment, Clock clock)
            throws IOException, GeneralSecurityException {
        return new PatientKeys(
                new PatientKeyStore(), keyEncryptionKeys(properties, environment), clock, CACHED_KEYS, KEY_AGE);
    }

    @Bean
    SubjectKeys subjectKeys(PatientKeys keys, DataSource dataSource) {
        return new SubjectKeys(keys, dataSource);
    }

    @Bean(destroyMethod = "close")
    Ledger ledger(
            LedgerSchema schema,
            DataSource dataSource,
            LedgerProperties properties,
            Environment environment,
            LedgerAlarms alarms,
            Clock clock)
            throws IOException, KeyException {
        LedgerKeys keys = new SigningKeys(properties, environment).load();
        LedgerOptions options = LedgerOptions.defaults();
        Files.createDirectories(properties.directory());
        Files.writeString(
                properties.directory().resolve("log.vkey"),
                keys.log().verifyKey().toString());
        return Ledger.open(
                new PostgresLogStore(dataSource),
                keys,
                new FileCheckpointVault(properties.directory().resolve("checkpoint")),
                properties.create() ? options.creating() : options,
                clock,
                alarms);
    }

    private static KeyEncryptionKeys keyEncryptionKeys(LedgerProperties properties, Environment environment)
            throws IOException, GeneralSecurityException {
        Path keystore = properties.patientKeystore();
        if (keystore != null) {
            return KeyEncryptionKeys.open(
                    keystore, password(properties.patientKeystorePassword(), "patient-keystore-password"));
        }
        requireDevelopment(environment, "patient-keystore");
        Files.createDirectories(properties.directory());
        return KeyEncryptionKeys.openOrCreate(
                properties.directory().resolve("development-kek.p12"), "development".toCharArray());
    }

    static char[] password(@Nullable String password, String setting) {
        if (password == null) {
            throw new IllegalStateException("securemed.ledger." + setting + " is not set");
        }
        return password.toCharArray();
    }

    static void requireDevelopment(Environment environment, String setting) {
        if (environment.acceptsProfiles(Profiles.of("production"))) {
            throw new IllegalStateException(
                    "securemed.ledger.%s is not set, and production refuses development keys".formatted(setting));
        }
    }
}
