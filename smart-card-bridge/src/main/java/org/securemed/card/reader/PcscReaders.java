package org.securemed.card.reader;

import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.List;
import javax.smartcardio.Card;
import javax.smartcardio.CardException;
import javax.smartcardio.CardNotPresentException;
import javax.smartcardio.CardTerminal;
import javax.smartcardio.CardTerminals;
import javax.smartcardio.TerminalFactory;
import jnasmartcardio.Smartcardio;
import org.securemed.card.apdu.CardLostException;
import org.securemed.card.profile.CardRefusedException;
import org.securemed.card.profile.RefusalReason;

/**
 * Readers by PC/SC. Each use asks the service anew: one that was restarted in between is found again, and so are
 * readers that come and go. Thread-safe.
 *
 * <p>Not the JDK's own provider: it keeps one context for good and is deaf after a restart of the service.
 */
public final class PcscReaders implements Readers {

    @Override
    public List<String> names() throws CardRefusedException {
        CardTerminals service = service();
        try {
            return list(service).stream().map(CardTerminal::getName).toList();
        } finally {
            close(service);
        }
    }

    @Override
    public <T> T withCard(String reader, Duration patience, Work<T> work)
            throws CardLostException, CardRefusedException {
        CardTerminals service = service();
        try {
            Card card = connect(find(list(service), reader), patience);
            try {
                hold(card);
                return work.with(new PcscConnection(card.getBasicChannel()));
            } finally {
                release(card);
            }
        } finally {
            close(service);
        }
    }

    @Override
    public boolean awaitRemoval(String reader, Duration patience) throws CardRefusedException {
        CardTerminals service = service();
        try {
            return find(list(service), reader).waitForCardAbsent(patience.toMillis());
        } catch (CardException | RuntimeException e) {
            throw new CardRefusedException(RefusalReason.NO_SERVICE);
        } finally {
            close(service);
        }
    }

    @Override
    public boolean hasPinpad(String reader) {
        CardTerminals service = null;
        try {
            service = service();
            Card direct = find(list(service), reader).connect("DIRECT");
            try {
                return Pinpad.of(direct).isPresent();
            } finally {
                direct.disconnect(false);
            }
        } catch (CardRefusedException | CardException | RuntimeException e) {
            // Another program has the reader, or it is away: whoever reads a card with it says so.
            return false;
        } finally {
            if (service != null) {
                close(service);
            }
        }
    }

    private static CardTerminals service() throws CardRefusedException {
        try {
            return TerminalFactory.getInstance("PC/SC", null, new Smartcardio()).terminals();
        } catch (NoSuchAlgorithmException | Smartcardio.EstablishContextException | LinkageError e) {
            throw new CardRefusedException(RefusalReason.NO_SERVICE);
        }
    }

    private static List<CardTerminal> list(CardTerminals service) throws CardRefusedException {
        try {
            return service.list();
        } catch (CardException e) {
            throw new CardRefusedException(RefusalReason.NO_SERVICE);
        }
    }

    /** Each use has a context of its own at the service, which has to be given back. */
    private static void close(CardTerminals service) {
        if (service instanceof Smartcardio.JnaCardTerminals context) {
            try {
                context.close();
            } catch (CardException | RuntimeException e) {
                // The service went away, and the context with it.
            }
        }
    }

    private static CardTerminal find(List<CardTerminal> terminals, String name) throws CardRefusedException {
        List<CardTerminal> exact = terminals.stream()
                .filter(terminal -> terminal.getName().equals(name))
                .toList();
        List<CardTerminal> fitting = !exact.isEmpty()
                ? exact
                : terminals.stream()
                        .filter(terminal -> terminal.getName().startsWith(name))
                        .toList();
        if (fitting.size() != 1) {
            throw new CardRefusedException(RefusalReason.READER_NOT_FOUND);
        }
        return fitting.get(0);
    }

    private static Card connect(CardTerminal terminal, Duration patience)
            throws CardLostException, CardRefusedException {
        try {
            boolean there =
                    patience.isZero() ? terminal.isCardPresent() : terminal.waitForCardPresent(patience.toMillis());
            if (!there) {
                throw new CardRefusedException(RefusalReason.NO_CARD);
            }
            return terminal.connect("*");
        } catch (CardNotPresentException e) {
            throw new CardRefusedException(RefusalReason.NO_CARD);
        } catch (CardException | RuntimeException e) {
            throw new CardLostException(e);
        }
    }

    private static void hold(Card card) throws CardLostException {
        try {
            card.beginExclusive();
        } catch (CardException | RuntimeException e) {
            throw new CardLostException(e);
        }
    }

    private static void release(Card card) {
        try {
            card.endExclusive();
        } catch (CardException | RuntimeException e) {
            // The card is gone already, or was never held: there is nothing to let go of.
        }
        try {
            card.disconnect(true);
        } catch (CardException | RuntimeException e) {
            // Likewise.
        }
    }
}
