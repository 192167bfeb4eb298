package org.securemed.fhir.whole;

import java.io.Closeable;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.opentest4j.TestAbortedException;
import org.securemed.card.apdu.CardLostException;
import org.securemed.card.profile.CardRefusedException;
import org.securemed.card.profile.RefusalReason;
import org.securemed.card.reader.PcscReaders;
import org.securemed.card.reader.Readers;
import org.securemed.card.simulated.SimulatedCard;
import org.securemed.card.simulated.VirtualReader;

/**
 * A reader into which a test puts cards: a virtual one of the real PC/SC daemon, and where there is no daemon (never in
 * CI) the simulated cards themselves.
 */
final class Workstation implements Closeable {
    private final @Nullable VirtualReader daemon;
    private volatile @Nullable SimulatedCard inserted;

    Workstation() {
        @Nullable VirtualReader started;
        try {
            started = new VirtualReader();
        } catch (TestAbortedException e) {
            started = null;
        }
        daemon = started;
    }

    void insert(SimulatedCard card) {
        inserted = card;
        if (daemon != null) {
            daemon.insert(card);
        }
    }

    /** Pulls the card. */
    void remove() {
        inserted = null;
        if (daemon != null) {
            daemon.remove();
        }
    }

    Readers readers() {
        return daemon == null ? new InProcess() : new PcscReaders();
    }

    @Override
    public void close() {
        if (daemon != null) {
            daemon.close();
        }
    }

    private final class InProcess implements Readers {
        @Override
        public List<String> names() {
            return List.of(VirtualReader.NAME);
        }

        @Override
        public boolean awaitRemoval(String reader, Duration patience) {
            long end = System.nanoTime() + patience.toNanos();
            while (inserted != null && System.nanoTime() < end) {
                LockSupport.parkNanos(1_000_000);
            }
            return inserted == null;
        }

        @Override
        public boolean hasPinpad(String reader) {
            return false;
        }

        @Override
        public <T> T withCard(String reader, Duration patience, Work<T> work)
                throws CardLostException, CardRefusedException {
            SimulatedCard card = inserted;
            if (card == null) {
                throw new CardRefusedException(RefusalReason.NO_CARD);
            }
            try {
                return work.with(card);
            } finally {
                card.reset();
            }
        }
    }
}
