package org.securemed.fhir.consent;

import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Interceptor;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.util.Base64;
import java.util.Optional;
import java.util.UUID;
import javax.sql.DataSource;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Base64BinaryType;
import org.hl7.fhir.r4.model.Device;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.audit.TransitionRecorder;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.keys.SubjectKeys;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.smart.CardLogIns;
import org.securemed.fhir.smart.CardStatements;
import org.securemed.fhir.smart.Requester;
import org.securemed.ledger.consent.Author;
import org.securemed.ledger.consent.ConsentState;
import org.securemed.ledger.consent.RegisteredKey;
import org.securemed.ledger.consent.Transition;
import org.securemed.ledger.consent.TransitionResult;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.storage.ConsentStateStore;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * What follows when the Device that a card is changes, in the transaction that writes it: with a card that is not
 * active any more end the log-ins that were made with it, and its key signs nothing more; when the bridge activates a
 * patient's card, its key is registered in the patient's consent contract.
 */
@Interceptor
public final class CardDevices {
    /** Extension of a Device: the public key with which the card's holder signs, X.509 SubjectPublicKeyInfo. */
    static final String KEY = "https://securemed.org/fhir/StructureDefinition/card-key";

    private static final String STATUS = "https://securemed.org/fhir/CodeSystem/card-status";
    private static final String PATIENT = "Patient/";

    private final CardLogIns logIns;
    private final CardStatements bridge;
    private final ConsentStateStore store;
    private final ConsentStates states;
    private final SubjectKeys keys;
    private final OwnerIndex index;
    private final TransitionRecorder recorder;
    private final DataSource dataSource;
    private final Clock clock;

    CardDevices(
            CardLogIns logIns,
            CardStatements bridge,
            ConsentStateStore store,
            ConsentStates states,
            SubjectKeys keys,
            OwnerIndex index,
            TransitionRecorder recorder,
            DataSource dataSource,
            Clock clock) {
        this.logIns = logIns;
        this.bridge = bridge;
        this.store = store;
        this.states = states;
        this.keys = keys;
        this.index = index;
        this.recorder = recorder;
        this.dataSource = dataSource;
        this.clock = clock;
    }

    @Hook(Pointcut.STORAGE_PRECOMMIT_RESOURCE_CREATED)
    public void created(IBaseResource resource, RequestDetails request) {
        changed(null, resource, request);
    }

    @Hook(Pointcut.STORAGE_PRECOMMIT_RESOURCE_UPDATED)
    public void updated(@Nullable IBaseResource before, IBaseResource after, RequestDetails request) {
        changed(before, after, request);
    }

    @Hook(Pointcut.STORAGE_PRECOMMIT_RESOURCE_DELETED)
    public void deleted(IBaseResource resource, RequestDetails request) {
        if (resource instanceof Device device && isCard(device)) {
            Exchange.of(request).ifPresent(exchange -> block(device, exchange));
        }
    }

    private void changed(@Nullable IBaseResource before, IBaseResource after, RequestDetails request) {
        boolean card = after instanceof Device device && isCard(device) || before instanceof Device old && isCard(old);
        if (card) {
            Exchange.of(request).ifPresent(exchange -> changed(before, (Device) after, exchange));
        }
    }

    private void changed(@Nullable IBaseResource before, Device device, Exchange exchange) {
        if (before instanceof Device old && !patient(old).equals(patient(device))) {
            patient(old).ifPresent(patient -> revokeKey(device.getIdElement().getIdPart(), patient, exchange));
        }
        if (device.getStatus() != Device.FHIRDeviceStatus.ACTIVE || !isCard(device)) {
            if (before == null) {
                logIns.add("Device/" + device.getIdElement().getIdPart());
            } else {
                block(device, exchange);
            }
        } else if (bridge.isBridge(exchange.requester())) {
            logIns.unblock("Device/" + device.getIdElement().getIdPart());
            patient(device).ifPresent(patient -> registerKey(device, patient, exchange));
        }
    }

    private static boolean isCard(Device device) {
        return device.getStatusReason().stream()
                .flatMap(reason -> reason.getCoding().stream())
                .anyMatch(coding -> STATUS.equals(coding.getSystem()));
    }

    private static Optional<String> patient(Device device) {
        return Optional.ofNullable(device.getPatient().getReference())
                .filter(reference -> reference.startsWith(PATIENT))
                .map(reference -> reference.substring(PATIENT.length()));
    }

    private void block(Device device, Exchange exchange) {
        String card = device.getIdElement().getIdPart();
        logIns.block("Device/" + card);
        patient(device).ifPresent(patient -> revokeKey(card, patient, exchange));
    }

    private void registerKey(Device device, String patient, Exchange exchange) {
        if (!(device.hasExtension(KEY) && device.getExtensionByUrl(KEY).getValue() instanceof Base64BinaryType spki)
                || index.partitionOf(patient).isEmpty()) {
            return;
        }
        String card = device.getIdElement().getIdPart();
        RegisteredKey key = key(card, patient, spki.getValue());
        change(
                patient,
                exchange,
                state -> key.equals(state.keys().get(card))
                        ? null
                        : new Transition.RegisterKey(
                                UUID.randomUUID().toString(),
                                state.subject(),
                                author(exchange, card),
                                clock.instant(),
                                key));
    }

    private static RegisteredKey key(String card, String patient, byte[] spki) {
        try {
            return new RegisteredKey(
                    card,
                    PATIENT + patient,
                    RegisteredKey.Algorithm.ES256,
                    Base64.getEncoder().encodeToString(spki));
        } catch (IllegalArgumentException e) {
            throw Refusal.unprocessable("card-key", "The key of a card that signs is an EC key on P-256.");
        }
    }

    private void revokeKey(String card, String patient, Exchange exchange) {
        change(
                patient,
                exchange,
                state -> state.keys().containsKey(card)
                        ? new Transition.RevokeKey(
                                UUID.randomUUID().toString(),
                                state.subject(),
                                author(exchange, card),
                                clock.instant(),
                                card)
                        : null);
    }

    /** Whoever keeps the Device; the Device itself is the document. */
    private static Author author(Exchange exchange, String card) {
        Requester requester = exchange.requester();
        String system =
                requester.isCustodiansSystem() && requester.isMachine() ? "Device/card-bridge" : "Device/" + card;
        return Author.recorder(requester.user().orElse(system), "Device/" + card);
    }

    private interface Step {
        /** The next transition; null if there is none to make. */
        @Nullable
        Transition from(ConsentState state);
    }

    private void change(String patient, Exchange exchange, Step step) {
        if (index.partitionOf(patient).isEmpty()) {
            return;
        }
        Pseudonym subject = keys.subject(patient);
        Connection connection = DataSourceUtils.getConnection(dataSource);
        try {
            Optional<ConsentState> state = store.load(connection, subject);
            Transition transition = state.map(step::from).orElse(null);
            if (transition != null) {
                TransitionResult.Applied applied = store.apply(connection, subject, transition)
                        .fold(done -> done, refused -> {
                            throw Refusal.unprocessable("card-key", refused.text());
                        });
                recorder.record(exchange, patient, transition, applied.state());
                TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
                    @Override
                    public void afterCommit() {
                        states.put(subject, applied.state());
                    }
                });
            }
        } catch (SQLException e) {
            throw new IllegalStateException("the consent state cannot be written", e);
        } finally {
            DataSourceUtils.releaseConnection(connection, dataSource);
        }
    }
}
