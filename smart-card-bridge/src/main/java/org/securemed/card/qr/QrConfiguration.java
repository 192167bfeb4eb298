package org.securemed.card.qr;

import java.util.List;
import org.securemed.card.server.OpenPaths;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** Reading codes from pictures. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(ScanProperties.class)
@Import({ScanController.class, ScannerPage.class})
public class QrConfiguration {

    @Bean
    OpenPaths scannerPaths() {
        return new OpenPaths(List.of("/scanner", "/scanner/*"));
    }

    @Bean
    Scanner scanner(ScanProperties properties) {
        return new Scanner(properties.timeLimit());
    }
}
