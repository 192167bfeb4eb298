package org.securemed.ledger.fault;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Between a client and PostgreSQL. When armed, it lets the next commit through to the server, a COMMIT or a block whose
 * statement is its own transaction, and cuts the client off before the answer: whether the transaction is durable is
 * then unknown to the client.
 */
final class CuttingProxy implements AutoCloseable {
    private final ServerSocket server;
    private final int upstreamPort;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final AtomicInteger armed = new AtomicInteger();
    private final AtomicInteger cuts = new AtomicInteger();

    CuttingProxy(int upstreamPort) throws IOException {
        this.upstreamPort = upstreamPort;
        this.server = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
        threads.execute(this::accept);
    }

    int port() {
        return server.getLocalPort();
    }

    /** Cuts at the next so many commits. */
    void arm(int times) {
        armed.set(times);
    }

    int cuts() {
        return cuts.get();
    }

    private void accept() {
        try {
            while (true) {
                Socket client = server.accept();
                Socket upstream = new Socket(InetAddress.getLoopbackAddress(), upstreamPort);
                threads.execute(() -> toServer(client, upstream));
                threads.execute(() -> toClient(client, upstream));
            }
        } catch (IOException e) {
            // Closed: the test is over.
            return;
        }
    }

    private void toServer(Socket client, Socket upstream) {
        byte[] buffer = new byte[1 << 16];
        try (client) {
            InputStream in = client.getInputStream();
            OutputStream out = upstream.getOutputStream();
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                String message = new String(buffer, 0, n, StandardCharsets.ISO_8859_1);
                // An entry on its way to the server: statements that were prepared are sent by name.
                boolean commits = message.contains("COMMIT") || message.contains("\"inst\":");
                boolean cut = commits && armed.getAndUpdate(left -> Math.max(0, left - 1)) > 0;
                if (cut) {
                    // First, so that no answer slips through.
                    client.close();
                    cuts.incrementAndGet();
                }
                out.write(buffer, 0, n);
                out.flush();
                if (cut) {
                    return;
                }
            }
            upstream.close();
        } catch (IOException e) {
            // One side is gone; the other pump sees it, too.
            return;
        }
    }

    private static void toClient(Socket client, Socket upstream) {
        byte[] buffer = new byte[1 << 16];
        try (upstream) {
            InputStream in = upstream.getInputStream();
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                if (!client.isClosed()) {
                    client.getOutputStream().write(buffer, 0, n);
                } else {
                    // The server has answered what the client will not hear: that was all.
                    return;
                }
            }
            client.close();
        } catch (IOException e) {
            return;
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        threads.shutdownNow();
    }
}
