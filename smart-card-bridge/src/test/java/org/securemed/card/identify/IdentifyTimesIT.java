package org.securemed.card.identify;

import java.security.cert.X509CRL;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.securemed.card.apdu.CardConnection;
import org.securemed.card.apdu.CardLostException;
import org.securemed.card.apdu.CommandApdu;
import org.securemed.card.apdu.ResponseApdu;
import org.securemed.card.profile.CardKey;
import org.securemed.card.profile.CardProof;
import org.securemed.card.profile.CardReading;
import org.securemed.card.profile.Challenge;
import org.securemed.card.profile.Pin;
import org.securemed.card.reader.PcscReaders;
import org.securemed.card.simulated.SimulatedCard;
import org.securemed.card.simulated.TestCa;
import org.securemed.card.simulated.VirtualReader;
import org.securemed.card.trust.CardVerifier;
import org.securemed.card.trust.HospitalCa;

/**
 * How long an identification takes, by kind of card, and how much of that waits for the card: over the real daemon and
 * a virtual reader, with a simulated card. Prints a table; off unless {@code -Dsecuremed.times=true}.
 */
@EnabledIfSystemProperty(named = "securemed.times", matches = "true")
class IdentifyTimesIT {
    private static final int WARM_UP = 20;
    private static final int RUNS = 100;

    private final TestCa ca = new TestCa("Hospital CA");

    @Test
    void table() throws Exception {
        measure();
    }

    void measure() throws Exception {
        try (VirtualReader reader = new VirtualReader()) {
            System.out.println("| card | APDUs | identify, median | 95 % | of that in the card and reader, median |");
            System.out.println("| --- | --- | --- | --- | --- |");
            for (CardKey key : CardKey.values()) {
                print(reader, "PIV " + key + ", 9E", SimulatedCard.piv(ca, UUID.randomUUID(), key), null);
            }
            print(
                    reader,
                    "PIV P256, 9A with PIN",
                    SimulatedCard.piv(ca, UUID.randomUUID(), CardKey.P256),
                    SimulatedCard.PIN);
            print(reader, "SecureMed P256", SimulatedCard.secureMed(ca, UUID.randomUUID()), null);
            print(reader, "SecureMed P256 with PIN", SimulatedCard.secureMed(ca, UUID.randomUUID()), SimulatedCard.PIN);
        }
    }

    private void print(VirtualReader reader, String kind, SimulatedCard card, @Nullable String pin) throws Exception {
        reader.insert(card);
        X509CRL list = ca.revoke();
        CardReading reading = new CardReading(CardProfiles.all(Clock.systemUTC()));
        CardVerifier verifier = new CardVerifier(
                CardProfiles.all(Clock.systemUTC()),
                new HospitalCa(List.of(ca.certificate()), () -> List.of(list), Clock.systemUTC()));
        PcscReaders readers = new PcscReaders();
        List<Long> whole = new ArrayList<>();
        List<Long> waiting = new ArrayList<>();
        int commands = 0;
        for (int run = 0; run < WARM_UP + RUNS; run++) {
            Challenge challenge = Challenge.fresh();
            Watch watch = new Watch();
            long start = System.nanoTime();
            CardProof proof;
            if (pin == null) {
                proof = readers.withCard(
                        VirtualReader.NAME, Duration.ZERO, one -> reading.read(watch.over(one), challenge, null));
            } else {
                try (Pin entered = Pin.of(pin.toCharArray())) {
                    proof = readers.withCard(
                            VirtualReader.NAME,
                            Duration.ZERO,
                            one -> reading.read(watch.over(one), challenge, entered));
                }
            }
            verifier.verify(proof, challenge);
            if (run >= WARM_UP) {
                whole.add(System.nanoTime() - start);
                waiting.add(watch.nanos);
                commands = watch.commands;
            }
        }
        System.out.printf(
                "| %s | %d | %.1f ms | %.1f ms | %.1f ms |%n",
                kind, commands, at(whole, 0.5), at(whole, 0.95), at(waiting, 0.5));
    }

    private static double at(List<Long> nanos, double part) {
        List<Long> sorted = new ArrayList<>(nanos);
        Collections.sort(sorted);
        return sorted.get((int) Math.min(sorted.size() - 1L, Math.round(part * sorted.size()))) / 1e6;
    }

    /** Counts commands and the time until their answers. */
    private static final class Watch {
        private long nanos;
        private int commands;

        CardConnection over(CardConnection card) {
            return new CardConnection() {
                @Override
                public ResponseApdu transmit(CommandApdu command) throws CardLostException {
                    long start = System.nanoTime();
                    try {
                        return card.transmit(command);
                    } finally {
                        nanos += System.nanoTime() - start;
                        commands++;
                    }
                }
            };
        }
    }
}
