package org.securemed.card.qr;

import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** Reading codes from pictures. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(ScanProperties.class)
@Import(ScanController.class)
public class QrConfiguration {

    @Bean
    Scanner scanner(ScanProperties properties) {
        return new Scanner(properties.timeLimit());
    }
}
