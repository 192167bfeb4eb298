package org.securemed.card.piv;

import java.time.Clock;
import java.util.Optional;
import org.securemed.card.apdu.Bytes;
import org.securemed.card.apdu.CardConnection;
import org.securemed.card.apdu.CardLostException;
import org.securemed.card.apdu.CommandApdu;
import org.securemed.card.apdu.ShortExchange;
import org.securemed.card.profile.CardApplication;
import org.securemed.card.profile.CardProfile;

/**
 * PIV cards: card authentication key 9E, PIV authentication key 9A with PIN.
 *
 * @see <a href="https://csrc.nist.gov/pubs/sp/800/73/pt1/5/final">NIST SP 800-73-5, part 1</a>
 * @see <a href="https://csrc.nist.gov/pubs/fips/201/3/final">FIPS 201-3, 4.2.2 and 6.2.3</a>
 */
public final class PivProfile implements CardProfile {
    private static final Bytes AID = Bytes.ofHex("a000000308000010000100");

    private final Clock clock;

    /** @param clock for the card's expiration date */
    public PivProfile(Clock clock) {
        this.clock = clock;
    }

    @Override
    public String name() {
        return "piv";
    }

    @Override
    public Optional<CardApplication> select(CardConnection card) throws CardLostException {
        CardConnection exchange = new ShortExchange(card);
        boolean there = exchange.transmit(new CommandApdu(0x00, 0xA4, 0x04, 0x00, AID, CommandApdu.MAX_SHORT_NE))
                .status()
                .isSuccess();
        return there ? Optional.of(new PivApplication(exchange, clock)) : Optional.empty();
    }
}
