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
 * @param keystore PKCS#12 file with the log key and this instance's key, and, if it has the alias {@code cosigner}, the
 *     log's own ML-DSA-44 cosigner; absent: development keys are made in {@code directory}, which the profile
 *     {@code production} refuses
 * @param keystorePassword its password
 * @param token configuration of the JDK's SunPKCS11 for a token that holds the log keys, and the instance's key too if
 *     there is no keystore; absent: they are in the keystore
 * @param tokenPin its user's PIN
 * @param logKeyAlias under which the log key is found
 * @param outgoingLogKeyAlias under which the log key is found that this one follows; absent: none. When the log does
 *     not know the new key yet, this start makes it known
 * @param instanceKeyAlias under which this instance's key is found
 * @param patientKeystore PKCS#12 file with the key-encryption keys of the patients' keys; absent: as above
 * @param patientKeystorePassword its password
 * @param ownerUsername database role that owns the ledger's tables and migrates them; absent: the one that also writes
 *     the log, which the profile {@code production} refuses
 * @param ownerPassword its password
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
        @Nullable Path token,
        @Nullable String tokenPin,
        @DefaultValue("log") @NotBlank String logKeyAlias,
        @Nullable String outgoingLogKeyAlias,
        @DefaultValue("instance") @NotBlank String instanceKeyAlias,
        @Nullable Path patientKeystore,
        @Nullable String patientKeystorePassword,
        @Nullable String ownerUsername,
        @Nullable String ownerPassword) {

    /** Without the secrets. */
    @Override
    public String toString() {
        return "LedgerProperties[origin=" + origin + ", instance=" + instance + "]";
    }
}
