package org.securemed.card.identify;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509CRL;
import java.time.Clock;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.securemed.card.Command;
import org.securemed.card.SmartCardBridge;
import org.securemed.card.apdu.CardConnection;
import org.securemed.card.apdu.CardLostException;
import org.securemed.card.profile.CardProfile;
import org.securemed.card.profile.CardProof;
import org.securemed.card.profile.CardReading;
import org.securemed.card.profile.CardRefusedException;
import org.securemed.card.profile.Challenge;
import org.securemed.card.profile.Pin;
import org.securemed.card.profile.RefusalReason;
import org.securemed.card.reader.PcscReaders;
import org.securemed.card.reader.Readers;
import org.securemed.card.trust.CardVerifier;
import org.securemed.card.trust.HospitalCa;
import org.securemed.card.trust.ProvenCard;
import org.securemed.card.trust.TrustMaterial;
import org.securemed.card.trust.TrustMaterialException;

/**
 * {@code identify --reader NAME --ca FILE --crl FILE}: reads the card in a reader, judges it, prints one line of JSON
 * and ends with 0 if the card is accepted and 1 if it is refused. The sentence for the operator goes to standard error.
 */
public final class IdentifyCommand implements Command {
    private static final int ACCEPTED = 0;
    private static final int REFUSED = 1;

    private final Readers readers;
    private final Clock clock;

    /** Reads by PC/SC. */
    public IdentifyCommand() {
        this(new PcscReaders(), Clock.systemUTC());
    }

    IdentifyCommand(Readers readers, Clock clock) {
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
            return SmartCardBridge.USAGE;
        }
        try {
            ProvenCard card = identify(parsed);
            out.println("{\"decision\":\"ACCEPT\",\"guid\":\"%s\",\"reason\":null,\"reference\":null}"
                    .formatted(card.guid()));
            return ACCEPTED;
        } catch (CardRefusedException e) {
            return refused(e.reason(), out, err);
        } catch (CardLostException e) {
            return refused(RefusalReason.CARD_LOST, out, err);
        }
    }

    private static int refused(RefusalReason reason, PrintStream out, PrintStream err) {
        // No GUID: what a refused card says of itself is worth nothing.
        out.println("{\"decision\":\"REFUSE\",\"guid\":null,\"reason\":\"%s\",\"reference\":null}"
                .formatted(reason.code()));
        err.println(reason.sentence());
        return REFUSED;
    }

    private ProvenCard identify(IdentifyOptions options) throws CardLostException, CardRefusedException {
        List<CardProfile> profiles = CardProfiles.all(clock);
        CardVerifier verifier = new CardVerifier(profiles, ca(options));
        Challenge challenge = Challenge.fresh();
        CardProof proof;
        try (PinEntry pin = options.pin() ? PinEntry.ask() : PinEntry.none()) {
            CardReading reading = new CardReading(profiles);
            proof = readers.withCard(
                    options.reader(), options.patience(), card -> read(reading, card, challenge, pin.pin()));
        }
        return verifier.verify(proof, challenge);
    }

    private static CardProof read(CardReading reading, CardConnection card, Challenge challenge, @Nullable Pin pin)
            throws CardLostException, CardRefusedException {
        return reading.read(card, challenge, pin);
    }

    private HospitalCa ca(IdentifyOptions options) throws CardRefusedException {
        try {
            List<X509CRL> lists = TrustMaterial.revocationLists(read(options.revocationList()));
            return new HospitalCa(TrustMaterial.certificates(read(options.ca())), () -> lists, clock);
        } catch (IOException | TrustMaterialException e) {
            throw new CardRefusedException(RefusalReason.TRUST_UNREADABLE);
        }
    }

    private static byte[] read(Path file) throws IOException {
        return Files.readAllBytes(file);
    }
}
