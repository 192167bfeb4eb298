package org.securemed.card.reader.agent;

import java.io.IOException;
import java.io.PrintStream;
import java.time.Clock;
import java.util.List;
import org.securemed.card.Command;
import org.securemed.card.SmartCardBridge;
import org.securemed.card.identify.CardProfiles;
import org.securemed.card.profile.CardReading;
import org.securemed.card.reader.PcscReaders;

/** {@code reader}: the agent on a workstation. Runs until it is told to stop. */
public final class ReaderCommand implements Command {
    @Override
    public String summary() {
        return "lets browser pages use the card in this workstation's reader";
    }

    @Override
    public int run(List<String> options, PrintStream out, PrintStream err) {
        AgentOptions parsed;
        try {
            parsed = AgentOptions.parse(options);
        } catch (IllegalArgumentException e) {
            err.println(e.getMessage());
            err.println(AgentOptions.USAGE);
            return SmartCardBridge.USAGE;
        }
        try {
            ReaderAgent agent = new ReaderAgent(
                    parsed, new PcscReaders(), new CardReading(CardProfiles.all(Clock.systemUTC()), parsed.bound()));
            // Whoever is logged in by the card here is not any more.
            Runtime.getRuntime().addShutdownHook(new Thread(agent::close, "end"));
            out.println("reader agent on http://127.0.0.1:" + agent.port());
            return RUNNING;
        } catch (IllegalStateException e) {
            err.println(e.getMessage());
            return 1;
        } catch (IOException e) {
            err.println("port %d cannot be opened: %s".formatted(parsed.port(), e.getMessage()));
            return 1;
        }
    }
}
