package org.securemed.card.server;

import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import org.securemed.card.Command;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

/** {@code serve}: the bridge's web application. Options are Spring Boot's properties. */
public final class ServeCommand implements Command {
    /** Name of the configuration file, {@code smart-card-bridge.yml}: several applications may share a directory. */
    private static final String CONFIGURATION = "smart-card-bridge";

    @Override
    public String summary() {
        return "runs the web application (registry of cards, codes, health cards and links)";
    }

    @Override
    public int run(List<String> options, PrintStream out, PrintStream err) {
        start(options.toArray(String[]::new));
        return RUNNING;
    }

    /**
     * Starts the web application and returns when it answers.
     *
     * @param args Spring Boot's command-line properties, such as {@code --server.port=8090}
     * @return what to close when it is to end
     * @throws RuntimeException if a setting is wrong or unknown, or the database cannot be reached
     */
    public static ConfigurableApplicationContext start(String... args) {
        SpringApplication application = new SpringApplication(BridgeConfiguration.class);
        application.setDefaultProperties(Map.of("spring.config.name", CONFIGURATION));
        application.addInitializers(context -> KnownSettings.check(context.getEnvironment()));
        return application.run(args);
    }
}
