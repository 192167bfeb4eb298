package org.securemed.card.simulated;

import com.sun.jna.LastErrorException;
import com.sun.jna.Library;
import com.sun.jna.Native;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import javax.smartcardio.CardException;
import javax.smartcardio.CardTerminals;
import javax.smartcardio.TerminalFactory;
import jdk.net.ExtendedSocketOptions;
import jnasmartcardio.Smartcardio;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.securemed.card.profile.CardRefusedException;
import org.securemed.card.reader.PcscReaders;

/**
 * The real PC/SC daemon with two virtual readers (Debian's {@code pcscd}, {@code vsmartcard-vpcd}). The readers' TCP
 * ports have no bind option, so the daemon runs in a network namespace of its own; only the threads that insert a card
 * go there.
 */
public final class VirtualReader implements Closeable {
    /** The reader whose cards connect to the first port. */
    public static final String NAME = "Virtual PCD 00 00";

    private static final int PORT = 35963;
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /** How often pcscd looks whether a card is there. */
    private static final Duration LOOKS_EVERY = Duration.ofMillis(400);

    private static final Duration SEEN_WITHIN = Duration.ofSeconds(5);
    private static final int ATTEMPTS = 5;

    private Process daemon;
    private @Nullable InsertedCard inserted;

    /**
     * Starts the daemon. Where there is none, or no right to make a namespace, the test is skipped; with
     * {@code TOOLS_REQUIRED} in the environment, as in CI, it fails.
     */
    public VirtualReader() {
        require(Files.isExecutable(Path.of("/usr/sbin/pcscd")), "pcscd is not installed");
        require(Files.exists(Path.of("/etc/reader.conf.d/vpcd")), "vsmartcard-vpcd is not installed");
        require("root".equals(System.getProperty("user.name")), "only root makes network namespaces");
        daemon = start();
    }

    private static void require(boolean there, String trouble) {
        if (!there && System.getenv("TOOLS_REQUIRED") != null) {
            throw new IllegalStateException(trouble);
        }
        Assumptions.assumeTrue(there, trouble);
    }

    private static Process start() {
        try {
            Process started = new ProcessBuilder(
                            "unshare", "-n", "--", "sh", "-c", "ip link set lo up; exec /usr/sbin/pcscd -f")
                    .redirectErrorStream(true)
                    .redirectOutput(Path.of("target", "pcscd.log").toFile())
                    .start();
            await("the readers", () -> {
                if (!started.isAlive()) {
                    throw new IllegalStateException("pcscd ended, see target/pcscd.log; does another one run?");
                }
                return isThere();
            });
            return started;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean isThere() {
        try {
            return new PcscReaders().names().contains(NAME);
        } catch (CardRefusedException e) {
            return false;
        }
    }

    /** Inserts a card, in the place of the one that is in. */
    public void insert(SimulatedCard card) {
        insert(card, command -> {});
    }

    /**
     * Inserts a card.
     *
     * @param before is told each command before the card gets it
     */
    public void insert(SimulatedCard card, Listener before) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            remove();
            InsertedCard put = new InsertedCard(connect(), card, before);
            inserted = put;
            if (comes(SEEN_WITHIN, VirtualReader::hasCard)) {
                return;
            }
            // A card that was swapped faster than the daemon looks, while a program spoke to the one before, is not
            // noticed: it is put in again, as a person would.
            put.close();
            LockSupport.parkNanos(LOOKS_EVERY.multipliedBy(2).toNanos());
        }
        throw new IllegalStateException("waited in vain for the card");
    }

    /** Pulls the card, if one is in. */
    public void remove() {
        if (inserted != null) {
            inserted.close();
            inserted = null;
            await("no card", () -> !hasCard());
        }
    }

    /** Ends the daemon; the card in it is lost. */
    public void stop() {
        if (inserted != null) {
            inserted.close();
            inserted = null;
        }
        daemon.destroy();
        try {
            if (!daemon.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                throw new IllegalStateException("pcscd does not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Ends the daemon and starts another. */
    public void restart() {
        stop();
        daemon = start();
    }

    @Override
    public void close() {
        stop();
    }

    private static boolean hasCard() {
        try {
            CardTerminals service = TerminalFactory.getInstance("PC/SC", null, new Smartcardio())
                    .terminals();
            try {
                return service.getTerminal(NAME).isCardPresent();
            } finally {
                ((Smartcardio.JnaCardTerminals) service).close();
            }
        } catch (GeneralSecurityException | CardException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A socket in the daemon's network namespace: a thread goes there, and ends. */
    private Socket connect() {
        CompletableFuture<Socket> socket = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                Namespaces.enterNetworkOf(daemon.pid());
                Socket connected = new Socket();
                connected.setTcpNoDelay(true);
                connected.connect(
                        new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), PORT), 5000);
                socket.complete(connected);
            } catch (IOException | RuntimeException e) {
                socket.completeExceptionally(e);
            }
        });
        thread.start();
        return socket.join();
    }

    /** Waits for a condition that the daemon brings about. */
    public static void await(String what, BooleanSupplier condition) {
        if (!comes(PATIENCE, condition)) {
            throw new IllegalStateException("waited in vain for " + what);
        }
    }

    private static boolean comes(Duration patience, BooleanSupplier condition) {
        long end = System.nanoTime() + patience.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                return false;
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
        return true;
    }

    /** Hears what is said to a card. */
    @FunctionalInterface
    public interface Listener {
        /** Called before the card gets the command; an exception pulls the card. */
        void command(byte[] command) throws IOException;
    }

    /** A card that answers vpcd: frames of two bytes length; 00 off, 01 on, 02 reset, 04 ATR, else an APDU. */
    private static final class InsertedCard implements Closeable {
        private final Socket socket;
        private final Thread thread;

        InsertedCard(Socket socket, SimulatedCard card, Listener before) {
            this.socket = socket;
            this.thread = new Thread(() -> serve(socket, card, before), "card");
            thread.setDaemon(true);
            thread.start();
        }

        private static void serve(Socket socket, SimulatedCard card, Listener before) {
            try (socket;
                    DataInputStream in = new DataInputStream(socket.getInputStream());
                    DataOutputStream out = new DataOutputStream(socket.getOutputStream())) {
                while (true) {
                    byte[] frame = read(socket, in);
                    if (frame.length > 1) {
                        before.command(frame);
                        write(out, card.transmit(frame));
                    } else if (frame[0] == 4) {
                        write(out, card.atr());
                    } else {
                        card.reset();
                    }
                }
            } catch (IOException e) {
                // Pulled, or the daemon ended.
            }
        }

        private static byte[] read(Socket socket, DataInputStream in) throws IOException {
            // vpcd sends length and body apart; without this each exchange waits 44 ms for an acknowledgement.
            socket.setOption(ExtendedSocketOptions.TCP_QUICKACK, true);
            byte[] frame = new byte[in.readUnsignedShort()];
            socket.setOption(ExtendedSocketOptions.TCP_QUICKACK, true);
            in.readFully(frame);
            if (frame.length == 0) {
                throw new EOFException();
            }
            return frame;
        }

        private static void write(DataOutputStream out, byte[] bytes) throws IOException {
            byte[] frame = new byte[2 + bytes.length];
            frame[0] = (byte) (bytes.length >> 8);
            frame[1] = (byte) bytes.length;
            System.arraycopy(bytes, 0, frame, 2, bytes.length);
            out.write(frame);
            out.flush();
        }

        @Override
        public void close() {
            try {
                socket.close();
                thread.join(PATIENCE.toMillis());
            } catch (IOException e) {
                throw new IllegalStateException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** setns(2). */
    private static final class Namespaces {
        private static final int CLONE_NEWNET = 0x40000000;
        private static final C LIBC = Native.load("c", C.class);

        private interface C extends Library {
            int open(String path, int flags) throws LastErrorException;

            int setns(int descriptor, int type) throws LastErrorException;

            int close(int descriptor) throws LastErrorException;
        }

        static void enterNetworkOf(long pid) {
            int descriptor = LIBC.open("/proc/%d/ns/net".formatted(pid), 0);
            try {
                LIBC.setns(descriptor, CLONE_NEWNET);
            } finally {
                LIBC.close(descriptor);
            }
        }
    }
}
