package org.securemed.card.identify;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.securemed.card.Command;
import org.securemed.card.apdu.CardLostException;
import org.securemed.card.outbound.StrictJson;
import org.securemed.card.profile.CardProfile;
import org.securemed.card.profile.CardProof;
import org.securemed.card.profile.CardReading;
import org.securemed.card.profile.CardRefusedException;
import org.securemed.card.profile.Challenge;
import org.securemed.card.profile.RefusalReason;
import org.securemed.card.reader.BridgeClient;
import org.securemed.card.reader.PcscReaders;
import org.securemed.card.reader.Readers;
import org.securemed.card.trust.CardVerifier;
import org.securemed.card.trust.HospitalCa;
import org.securemed.card.trust.TrustMaterial;
import org.securemed.card.trust.TrustMaterialException;

/**
 * {@code identify --reader NAME --ca FILE --crl FILE [--registry URL]}: reads the card in a reader, judges it, asks the
 * registry whose it is, prints one line of JSON and ends with 0 if the card is accepted and 1 if it is refused,
 * whatever happened. The sentence for the operator goes to standard error.
 */
public final class IdentifyCommand implements Command {
    private static final int ACCEPTED = 0;
    private static final int REFUSED = 1;
    /** More than any CA's certificates or revocation lists. */
    private static final int LARGEST_FILE = 64 << 20;

    /** @param reference null: no registry was asked */
    private record Identified(UUID guid, @Nullable String reference) {}

    private final Readers readers;
    private final Clock clock;

    /** Reads by PC/SC. */
    public IdentifyCommand() {
        this(new PcscReaders(), Clock.systemUTC());
    }

    /** @param readers where cards are */
    public IdentifyCommand(Readers readers, Clock clock) {
        this.readers = readers;
        this.clock = clock;
    }

    @Override
    public String summary() {
        return "tells whose card is in a reader, if the card can prove it";
    }

    @Override
    public int run(List<String> options, PrintStream out, PrintStream err) {
        IdentifyOptions parsed;
        try {
            parsed = IdentifyOptions.parse(options);
        } catch (IllegalArgumentException e) {
            err.println(e.getMessage());
            err.println(IdentifyOptions.USAGE);
            return refused(RefusalReason.USAGE, out, err);
        }
        try {
            Identified card = identify(parsed, err);
            print("ACCEPT", card.guid().toString(), null, card.reference(), out);
            return ACCEPTED;
        } catch (CardRefusedException e) {
            return refused(e.reason(), out, err);
        } catch (CardLostException e) {
            return refused(RefusalReason.CARD_LOST, out, err);
        } catch (RuntimeException e) {
            // Whoever called wants one line and an exit code, whatever happens.
            err.println(e.getClass().getName());
            return refused(RefusalReason.INTERNAL, out, err);
        }
    }

    private static int refused(RefusalReason reason, PrintStream out, PrintStream err) {
        // No GUID: what a refused card says of itself is worth nothing.
        print("REFUSE", null, reason.code(), null, out);
        err.println(reason.sentence());
        return REFUSED;
    }

    private static void print(
            String decision,
            @Nullable String guid,
            @Nullable String reason,
            @Nullable String reference,
            PrintStream out) {
        out.println(StrictJson.newObject()
                .put("decision", decision)
                .put("guid", guid)
                .put("reason", reason)
                .put("reference", reference));
    }

    private Identified identify(IdentifyOptions options, PrintStream err)
            throws CardLostException, CardRefusedException {
        List<CardProfile> profiles = CardProfiles.all(clock);
        CardVerifier verifier = new CardVerifier(profiles, ca(options));
        if (options.registry() == null) {
            Challenge challenge = Challenge.fresh();
            return new Identified(
                    verifier.verify(read(options, profiles, challenge), challenge)
                            .guid(),
                    null);
        }
        BridgeClient registry;
        try {
            registry = new BridgeClient(options.registry(), options.tls());
        } catch (IllegalStateException e) {
            err.println(e.getMessage());
            throw new CardRefusedException(RefusalReason.TRUST_UNREADABLE);
        }
        return byRegistry(options, profiles, verifier, registry, err);
    }

    /** The card answers the registry's challenge; both judge it. The registry records how it went. */
    private Identified byRegistry(
            IdentifyOptions options,
            List<CardProfile> profiles,
            CardVerifier verifier,
            BridgeClient registry,
            PrintStream err)
            throws CardLostException, CardRefusedException {
        BridgeClient.Given given;
        try {
            given = registry.challenge();
        } catch (BridgeClient.RefusedException e) {
            throw refusal(e, err);
        }
        CardProof proof;
        try {
            proof = read(options, profiles, given.challenge());
        } catch (CardLostException e) {
            report(registry, given, RefusalReason.CARD_LOST, err);
            throw e;
        } catch (CardRefusedException e) {
            report(registry, given, e.reason(), err);
            throw e;
        }
        CardRefusedException refusedHere = null;
        try {
            verifier.verify(proof, given.challenge());
        } catch (CardRefusedException e) {
            refusedHere = e;
        }
        try {
            String reference = registry.identify(BridgeClient.answer(given.id(), proof));
            if (refusedHere == null) {
                return new Identified(proof.guid(), reference);
            }
        } catch (BridgeClient.RefusedException e) {
            if (refusedHere == null) {
                throw refusal(e, err);
            }
        }
        throw refusedHere;
    }

    private static void report(BridgeClient registry, BridgeClient.Given given, RefusalReason reason, PrintStream err) {
        try {
            if (reason.isOfReader()) {
                registry.refused(given.id(), reason);
            }
        } catch (BridgeClient.RefusedException e) {
            err.println("The registry did not take note of this: " + printable(e.detail()));
        }
    }

    private static CardRefusedException refusal(BridgeClient.RefusedException refused, PrintStream err) {
        if (refused.reason().isEmpty()) {
            err.println(printable(refused.detail()));
        }
        return new CardRefusedException(refused.reason().orElse(RefusalReason.REGISTRY_UNAVAILABLE));
    }

    /** What a server said may be meant for the terminal rather than for its reader. */
    private static String printable(String text) {
        return text.replaceAll("\\p{Cntrl}", " ");
    }

    private CardProof read(IdentifyOptions options, List<CardProfile> profiles, Challenge challenge)
            throws CardLostException, CardRefusedException {
        try (PinEntry pin = pin(options)) {
            CardReading reading = new CardReading(profiles, options.roundTrip());
            return readers.withCard(
                    options.reader(), options.patience(), card -> reading.read(card, challenge, pin.pin()));
        }
    }

    private PinEntry pin(IdentifyOptions options) throws CardRefusedException {
        if (!options.pin()) {
            return PinEntry.none();
        }
        return readers.hasPinpad(options.reader()) ? PinEntry.onPinpad() : PinEntry.ask();
    }

    private HospitalCa ca(IdentifyOptions options) throws CardRefusedException {
        try {
            List<X509Certificate> certificates = new ArrayList<>();
            for (Path file : options.ca()) {
                certificates.addAll(TrustMaterial.certificates(read(file)));
            }
            List<X509CRL> lists = new ArrayList<>();
            for (Path file : options.revocationLists()) {
                lists.addAll(TrustMaterial.revocationLists(read(file)));
            }
            return new HospitalCa(certificates, () -> lists, clock);
        } catch (IOException | TrustMaterialException e) {
            throw new CardRefusedException(RefusalReason.TRUST_UNREADABLE);
        }
    }

    private static byte[] read(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] content = in.readNBytes(LARGEST_FILE + 1);
            if (content.length > LARGEST_FILE) {
                throw new IOException("too large");
            }
            return content;
        }
    }
}
