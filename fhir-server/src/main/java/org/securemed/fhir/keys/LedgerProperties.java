package org.securemed.fhir.keys;

import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of the ledger, keys {@code securemed.ledger.*}.
 *
 * @param origin name of the log in its checkpoints (C2SP tlog-checkpoint), for good
 * @param instance name of this server instance, unique among those that share the database
 * @param create whether an empty database becomes a new log; otherwise the server refuses to start on one
 * @param directory where the copy of the last checkpoint ({@code checkpoint}), the log's public key ({@code log.vkey})
 *     and development keys are kept, outside of the database
 * @param keystore PKCS#12 file with the log key (alias {@code log}) and this instance's key (alias {@code instance});
 *     absent: development keys are made in {@code directory}, which the profile {@code production} refuses
 * @param keystorePassword its password
 * @param patientKeystore PKCS#12 file with the key-encryption keys of the patients' keys; absent: as above
 * @param patientKeystorePassword its password
 */
@Validated
@ConfigurationProperties("securemed.ledger")
public record LedgerProperties(
        @DefaultValue("localhost/ledger") @NotBlank String origin,
        @DefaultValue("server-1") @NotBlank String instance,
        @DefaultValue("false") boolean create,
        @DefaultValue("data/ledger") @NotNull Path directory,
        @Nullable Path keystore,
        @Nullable String keystorePassword,
        @Nullable Path patientKeystore,
        @Nullable String patientKeystorePassword) {

    /** Without the passwords. */
    @Override
    public String toString() {
        return "LedgerProperties[origin=" + origin + ", instance=" + instance + "]";
    }
}
