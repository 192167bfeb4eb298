package org.securemed.card.applet;

import java.util.Optional;
import org.securemed.card.apdu.Bytes;
import org.securemed.card.apdu.CardConnection;
import org.securemed.card.apdu.CardLostException;
import org.securemed.card.apdu.CommandApdu;
import org.securemed.card.apdu.ShortExchange;
import org.securemed.card.profile.CardApplication;
import org.securemed.card.profile.CardProfile;

/** SecureMed's own card; the applet on it is {@code src/javacard/java/org/securemed/javacard/SecureMedApplet.java}. */
public final class SecureMedProfile implements CardProfile {
    /** F0 (proprietary, ISO 7816-5 annex A), then "SecureMed". */
    public static final Bytes AID = Bytes.ofHex("f05365637572654d6564");

    @Override
    public String name() {
        return "securemed";
    }

    @Override
    public Optional<CardApplication> select(CardConnection card) throws CardLostException {
        CardConnection exchange = new ShortExchange(card);
        boolean there = exchange.transmit(new CommandApdu(0x00, 0xA4, 0x04, 0x00, AID, CommandApdu.MAX_SHORT_NE))
                .status()
                .isSuccess();
        return there ? Optional.of(new SecureMedApplication(exchange)) : Optional.empty();
    }
}
