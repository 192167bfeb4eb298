package org.securemed.card.registry;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Clock;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.securemed.card.audit.AuditCodes;
import org.securemed.card.audit.AuditOutbox;
import org.securemed.card.outbound.StrictJson;
import org.securemed.card.profile.KeySlot;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What happened to cards, as AuditEvents for the ledger: each judgement, whichever way it went, and each change. Cards
 * are named by their Device, never by a number or key of theirs. Thread-safe.
 *
 * @see <a href="https://profiles.ihe.net/ITI/BALP/content.html">IHE BALP</a>
 */
final class CardJournal {
    private static final Logger log = LoggerFactory.getLogger(CardJournal.class);
    private static final String CARD_EVENT = "https://securemed.org/fhir/CodeSystem/card-event";
    private static final String SUCCESS = "0";
    private static final String MINOR_FAILURE = "4";

    /** What was asked for. */
    enum Kind {
        /** Whose card is this? */
        IDENTIFICATION,
        /** A card's holder logs in. */
        LOG_IN,
        /** A card signs a grant or a revocation of its owner's. */
        SIGNATURE,
        /** A card is enrolled. */
        ENROLMENT,
        /** A card's status changes. */
        STATUS_CHANGE,
        /** A card is used as one card cannot be. */
        ALARM;

        String code() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        boolean changes() {
            return this == ENROLMENT || this == STATUS_CHANGE;
        }

        boolean authenticates() {
            return this == IDENTIFICATION || this == LOG_IN || this == SIGNATURE;
        }
    }

    /**
     * A card in an event.
     *
     * @param credential the enrolled card
     * @param proven whether the card itself proved to be it; otherwise somebody said so, or the card desk named it
     */
    record Named(Credential credential, boolean proven) {}

    private final AuditOutbox outbox;
    private final String client;
    private final Clock clock;

    /** @param client the bridge's name at the authorization server */
    CardJournal(AuditOutbox outbox, String client, Clock clock) {
        this.outbox = outbox;
        this.client = client;
        this.clock = clock;
    }

    /**
     * A card was accepted.
     *
     * @throws org.securemed.card.problem.Problem 503 if that cannot be kept; nothing may be said then
     */
    void accepted(Kind kind, Asker asker, CardRegistry.Identified found) {
        KeySlot slot = found.card().slot();
        outbox.keepOfStranger(event(kind, asker, new Named(found.credential(), true), slot, null));
    }

    /**
     * A card was refused.
     *
     * @param card null if it is not known which
     * @param reason code
     * @throws org.securemed.card.problem.Problem 503 if that cannot be kept
     */
    void refused(Kind kind, Asker asker, @Nullable Named card, @Nullable KeySlot slot, String reason) {
        outbox.keepOfStranger(event(kind, asker, card, slot, reason));
    }

    /** A card was accepted, and that is strange. */
    void alarm(CardPace.Alarm alarm, Asker asker, CardRegistry.Identified found) {
        log.atWarn()
                .addKeyValue("device", found.credential().device())
                .addKeyValue("alarm", alarm.code())
                .log("a card is used as one card cannot be");
        outbox.keep(event(
                Kind.ALARM,
                asker,
                new Named(found.credential(), true),
                found.card().slot(),
                alarm.code()));
    }

    /** A card was enrolled, or changed, and now is so. Joins the caller's transaction. */
    void changed(Kind kind, Asker asker, Credential card) {
        outbox.keep(event(kind, asker, new Named(card, kind == Kind.ENROLMENT), null, null));
    }

    private ObjectNode event(
            Kind kind, Asker asker, @Nullable Named card, @Nullable KeySlot slot, @Nullable String failure) {
        ObjectNode event = StrictJson.newObject().put("resourceType", "AuditEvent");
        event.set(
                "type",
                kind.authenticates()
                        ? AuditCodes.dicom("110114", "User Authentication")
                        : AuditCodes.dicom("110113", "Security Alert"));
        ArrayNode subtypes = event.putArray("subtype");
        if (kind == Kind.LOG_IN) {
            subtypes.add(AuditCodes.dicom("110122", "Login"));
        }
        subtypes.add(AuditCodes.coding(CARD_EVENT, kind.code()));
        event.put("action", kind == Kind.ENROLMENT ? "C" : kind == Kind.STATUS_CHANGE ? "U" : "E");
        event.put("recorded", clock.instant().toString());
        event.put("outcome", failure == null ? SUCCESS : MINOR_FAILURE);
        if (failure != null) {
            event.put("outcomeDesc", failure);
        }
        agents(event.putArray("agent"), kind, asker, card, failure == null);
        ObjectNode source = event.putObject("source");
        source.set("observer", bridge());
        source.putArray("type").add(AuditCodes.securityServer());
        ArrayNode entities = event.putArray("entity");
        if (card != null) {
            device(entities.addObject(), card, slot);
            // Whoever merely copied a card's number writes nothing into its owner's record.
            if (card.proven() || kind.changes()) {
                owner(entities.addObject(), card.credential().owner());
            }
        }
        return event;
    }

    private void agents(ArrayNode agents, Kind kind, Asker asker, @Nullable Named card, boolean accepted) {
        String user = asker.user();
        if (user == null && kind == Kind.LOG_IN && accepted && card != null) {
            user = card.credential().owner();
        }
        boolean byItself = user == null && asker.address() == null;
        if (!byItself) {
            ObjectNode agent = agents.addObject();
            agent.putObject("type").putArray("coding").add(AuditCodes.recipient());
            if (user != null) {
                agent.putObject("who").put("reference", user);
            } else {
                agent.putObject("who").put("display", "unknown");
            }
            agent.put("requestor", true);
            if (asker.address() != null) {
                agent.putObject("network").put("address", asker.address()).put("type", "2");
            }
        }
        ObjectNode program = agents.addObject();
        program.putObject("type").putArray("coding").add(AuditCodes.application());
        program.set("who", bridge());
        program.put("requestor", byItself);
    }

    private static void device(ObjectNode entity, Named card, @Nullable KeySlot slot) {
        Credential credential = card.credential();
        entity.putObject("what").put("reference", credential.device());
        entity.set("type", AuditCodes.systemObject());
        entity.set("role", AuditCodes.role("13", "Security Resource"));
        ArrayNode details = entity.putArray("detail");
        detail(details, "kind", credential.kind());
        detail(details, "status", credential.status().code());
        detail(details, "proven", Boolean.toString(card.proven()));
        if (slot != null) {
            detail(details, "slot", slot.name().toLowerCase(Locale.ROOT));
        }
    }

    private static void detail(ArrayNode details, String type, String value) {
        details.addObject().put("type", type).put("valueString", value);
    }

    private static void owner(ObjectNode entity, String owner) {
        entity.putObject("what").put("reference", owner);
        entity.set("type", AuditCodes.person());
        entity.set(
                "role",
                owner.startsWith("Patient/")
                        ? AuditCodes.role("1", "Patient")
                        : owner.startsWith("Practitioner/")
                                ? AuditCodes.role("15", "Practitioner")
                                : AuditCodes.role("6", "User"));
    }

    private ObjectNode bridge() {
        ObjectNode who = StrictJson.newObject().put("display", "smart-card-bridge");
        who.putObject("identifier").put("value", client);
        return who;
    }
}
