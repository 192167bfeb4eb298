package org.securemed.card.checkin;

import java.time.Clock;
import org.securemed.card.database.BridgeSchema;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Check-in codes and wristbands. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(CheckInProperties.class)
@Import({CheckInController.class, WristbandController.class})
public class CheckInConfiguration {

    @Bean
    CheckInCodes checkInCodes(BridgeSchema schema, JdbcClient database, CheckInProperties properties, Clock clock) {
        return new CheckInCodes(database, properties.lifetime(), clock);
    }
}
