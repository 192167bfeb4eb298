package org.securemed.fhir.consent;

import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Interceptor;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.jpa.api.dao.DaoRegistry;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.server.exceptions.ResourceVersionConflictException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import javax.sql.DataSource;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.IdType;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.audit.TransitionRecorder;
import org.securemed.fhir.consent.translate.ConsentTranslator;
import org.securemed.fhir.consent.translate.PcfProfile;
import org.securemed.fhir.consent.translate.Translation;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.keys.SubjectKeys;
import org.securemed.fhir.smart.AppAuthorizations;
import org.securemed.fhir.smart.AppConsents;
import org.securemed.fhir.smart.Requester;
import org.securemed.fhir.smart.Role;
import org.securemed.fhir.smart.StepUp;
import org.securemed.ledger.consent.Author;
import org.securemed.ledger.consent.ConsentRecord;
import org.securemed.ledger.consent.ConsentState;
import org.securemed.ledger.consent.ProvisionType;
import org.securemed.ledger.consent.SignedTransition;
import org.securemed.ledger.consent.Transition;
import org.securemed.ledger.consent.TransitionResult;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.storage.ConsentStateStore;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Turns each write of a FHIR Consent into a transition of the patient's consent contract, in the transaction that
 * writes the resource: both happen and are recorded, or neither does.
 */
@Interceptor
public final class ConsentTransitions {
    private final ConsentTranslator translator;
    private final ConsentStateStore store;
    private final ConsentStates states;
    private final SubjectKeys keys;
    private final TransitionRecorder recorder;
    private final AppAuthorizations apps;
    private final Appointments appointments;
    private final StoredEvidence evidence;
    private final ObjectProvider<AppConsents> house;
    private final StepUp stepUp;
    private final DataSource dataSource;
    private final ObjectProvider<DaoRegistry> daos;
    private final Clock clock;

    ConsentTransitions(
            ConsentTranslator translator,
            ConsentStateStore store,
            ConsentStates states,
            SubjectKeys keys,
            TransitionRecorder recorder,
            AppAuthorizations apps,
            Appointments appointments,
            StoredEvidence evidence,
            ObjectProvider<AppConsents> house,
            StepUp stepUp,
            DataSource dataSource,
            ObjectProvider<DaoRegistry> daos,
            Clock clock) {
        this.translator = translator;
        this.store = store;
        this.states = states;
        this.keys = keys;
        this.recorder = recorder;
        this.apps = apps;
        this.appointments = appointments;
        this.evidence = evidence;
        this.house = house;
        this.stepUp = stepUp;
        this.dataSource = dataSource;
        this.daos = daos;
        this.clock = clock;
    }

    @Hook(Pointcut.STORAGE_PRECOMMIT_RESOURCE_CREATED)
    public void created(IBaseResource resource, RequestDetails request) {
        written(null, resource, request);
    }

    @Hook(Pointcut.STORAGE_PRECOMMIT_RESOURCE_UPDATED)
    public void updated(@Nullable IBaseResource before, IBaseResource after, RequestDetails request) {
        written(before instanceof Consent consent ? consent : null, after, request);
    }

    @Hook(Pointcut.STORAGE_PRECOMMIT_RESOURCE_DELETED)
    public void deleted(IBaseResource resource, RequestDetails request) {
        if (resource instanceof Consent consent) {
            Exchange.of(request).ifPresent(exchange -> transact(consent, consent, true, request, exchange));
        }
    }

    private void written(@Nullable Consent before, IBaseResource resource, RequestDetails request) {
        if (resource instanceof Consent consent) {
            Exchange.of(request).ifPresent(exchange -> {
                requireProfile(consent);
                transact(before, consent, false, request, exchange);
            });
        }
    }

    private static void requireProfile(Consent consent) {
        List<PcfProfile.Deviation> deviations = PcfProfile.deviations(consent);
        if (!deviations.isEmpty()) {
            throw Refusal.deviating(deviations);
        }
    }

    private void transact(
            @Nullable Consent before, Consent consent, boolean deleted, RequestDetails request, Exchange exchange) {
        String patient = consent.getPatient().getReferenceElement().getIdPart();
        if (patient == null) {
            throw Refusal.unprocessable("consent-incomplete", "A Consent names its patient.");
        }
        String id = consent.getIdElement().getIdPart();
        boolean ends = deleted || consent.getStatus() != Consent.ConsentState.ACTIVE;
        boolean own = HouseRequest.is(request) && CardSignature.of(request, id).isEmpty();
        if (!ends && !own && (AppConsent.is(consent) || apps.isAppConsent(id))) {
            throw Refusal.unprocessable(
                    "consent-of-app", "What an app may do is agreed on with the app; here it can only be ended.");
        }
        transitions(before, consent, patient, deleted, request, exchange);
        if (ends) {
            apps.end(id);
        }
    }

    /** A person who opens something, or ends what forbids something, has just proved to be that person. */
    private void requireStepUp(Consent consent, boolean deleted, ConsentState state, Requester requester) {
        boolean ends = ends(consent, deleted);
        // By what is in force, whatever the resource says now.
        boolean opens = !ends
                || state.consent(consent.getIdElement().getIdPart())
                        .flatMap(ConsentRecord::activeProvision)
                        .filter(provision -> provision.type() == ProvisionType.DENY)
                        .isPresent();
        if (opens && !requester.isCustodiansSystem() && !stepUp.isMet(requester)) {
            throw Refusal.stepUp(stepUp);
        }
    }

    private static boolean ends(Consent consent, boolean deleted) {
        return deleted || consent.getStatus() != Consent.ConsentState.ACTIVE;
    }

    private void transitions(
            @Nullable Consent before,
            Consent consent,
            String patient,
            boolean deleted,
            RequestDetails request,
            Exchange exchange) {
        Connection connection = DataSourceUtils.getConnection(dataSource);
        try {
            transact(connection, before, consent, patient, deleted, request, exchange);
        } catch (SQLException e) {
            throw new IllegalStateException("the consent state cannot be written", e);
        } finally {
            DataSourceUtils.releaseConnection(connection, dataSource);
        }
    }

    private void transact(
            Connection connection,
            @Nullable Consent before,
            Consent consent,
            String patient,
            boolean deleted,
            RequestDetails request,
            Exchange exchange)
            throws SQLException {
        Pseudonym subject = keys.subject(patient);
        ConsentState state = store.load(connection, subject)
                .orElseThrow(() -> new IllegalStateException("the patient's key has been destroyed"));
        String consentId = consent.getIdElement().getIdPart();
        Optional<SignedTransition> signed = CardSignature.of(request, consentId);
        if (signed.isEmpty()) {
            requireStepUp(consent, deleted, state, exchange.requester());
        }
        String transitionId = signed.map(one -> one.transition().id())
                .orElseGet(() -> UUID.randomUUID().toString());
        Instant at = signed.map(one -> one.transition().at()).orElseGet(clock::instant);
        Author author = signed.map(one -> one.transition().author())
                .orElseGet(() -> author(consent, patient, exchange.requester()));
        if (signed.isEmpty() && !ends(consent, deleted)) {
            evidence.require(author, patient);
        }
        Transition transition = Appointments.concerns(before, consent)
                ? appointments
                        .transition(
                                before,
                                deleted ? null : consent,
                                new Appointments.Change(state, patient, author, at, transitionId))
                        .orElse(null)
                : translated(consent, deleted, state, author, at, transitionId);
        if (transition == null && signed.isEmpty()) {
            return;
        }
        if (signed.isPresent()) {
            requireSame(signed.get(), transition);
        }
        Transition made = Objects.requireNonNull(transition);
        TransitionResult result = signed.isPresent()
                ? store.apply(connection, subject, signed.get())
                : store.apply(connection, subject, made);
        TransitionResult.Applied applied = result.fold(done -> done, refused -> {
            throw refusal(refused);
        });
        if (signed.isPresent()) {
            recorder.record(exchange, patient, signed.get(), applied.state());
            CardSignature.used(request);
        } else {
            recorder.record(exchange, patient, made, applied.state());
        }
        TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
            @Override
            public void afterCommit() {
                states.put(subject, applied.state());
            }
        });
        deactivate(applied.superseded(), request);
        if (transition instanceof Transition.Dismiss dismiss) {
            dismissed(dismiss.representative(), patient);
        }
    }

    /** What they let apps do in the patient's place ends with them. */
    private void dismissed(String representative, String patient) {
        List<String> theirs = apps.inForceBy(representative, patient);
        theirs.forEach(id -> house.getObject().ended(new AppConsents.Written(id, patient), null));
    }

    private @Nullable Transition translated(
            Consent consent, boolean deleted, ConsentState state, Author author, Instant at, String transitionId) {
        String consentId = consent.getIdElement().getIdPart();
        Translation translation = deleted
                ? translator.revocation(state, consentId, author, at, transitionId)
                : translator.translate(state, consentId, consent, author, at, transitionId);
        return translation.fold(Translation.Change::transition, noChange -> null, refused -> {
            throw Refusal.unprocessable(refused.reason().code(), refused.text() + " (" + refused.expression() + ")");
        });
    }

    /** What was signed is what storing this Consent means now, to the byte. */
    private static void requireSame(SignedTransition signed, @Nullable Transition transition) {
        if (transition == null || !Arrays.equals(signed.canonicalBytes(), transition.canonicalBytes())) {
            throw new ResourceVersionConflictException(
                    "The Consent, or the patient's consents, changed since this was signed.");
        }
    }

    /** Who makes the change, and how that is known: a patient by their session, a recorder by the signed form. */
    private static Author author(Consent consent, String patient, Requester requester) {
        if (requester.is(Role.PATIENT)
                && requester.user().filter(("Patient/" + patient)::equals).isPresent()) {
            return Author.patient("Patient/" + patient, requester.tokenId());
        }
        if (requester.is(Role.REPRESENTATIVE)
                && requester
                        .user()
                        .filter(user -> user.startsWith("RelatedPerson/"))
                        .isPresent()) {
            // The contract says whether they act for this patient.
            return Author.representative(requester.user().orElseThrow(), requester.tokenId());
        }
        if (requester.isCustodiansSystem()) {
            boolean proposal = PatientPresent.is(consent) && consent.getStatus() != Consent.ConsentState.ACTIVE;
            if (requester.clientId().equals(Requester.OWN_PAGES) && (AppConsent.is(consent) || proposal)) {
                // That it ends with the app's authorization is what the patient agreed to; a proposal opens nothing.
                return Author.recorder(
                        "Device/" + requester.clientId(),
                        "Consent/" + consent.getIdElement().getIdPart());
            }
            String source =
                    consent.hasSourceReference() ? consent.getSourceReference().getReference() : null;
            if (source == null) {
                throw Refusal.unprocessable(
                        "consent-evidence", "A recorded Consent names the signed form: Consent.sourceReference.");
            }
            return Author.recorder(requester.user().orElse("Device/" + requester.clientId()), source);
        }
        throw Refusal.role();
    }

    private static RuntimeException refusal(TransitionResult.Refused refused) {
        return switch (refused.refusal()) {
            case STALE, WRONG_STATUS ->
                new ResourceVersionConflictException(
                        "The patient's consents changed meanwhile. Read them and try again.");
            case NOT_ALLOWED -> Refusal.role();
            default -> Refusal.unprocessable("consent-refused", refused.text());
        };
    }

    /** A new Consent for the same grantee and scope has replaced these. */
    private void deactivate(List<String> superseded, RequestDetails request) {
        for (String id : superseded) {
            var dao = daos.getObject().getResourceDao(Consent.class);
            Consent replaced = dao.read(new IdType("Consent", id), request).copy();
            replaced.setStatus(Consent.ConsentState.INACTIVE);
            dao.update(replaced, request);
        }
    }
}
