package org.securemed.fhir.metrics;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.function.ToDoubleFunction;

/** The connections to the database, by the names that HikariCP's own meters have. */
record PoolMeters(HikariDataSource pool) implements MeterBinder {
    @Override
    public void bindTo(MeterRegistry meters) {
        gauge(meters, "hikaricp.connections", HikariPoolMXBean::getTotalConnections);
        gauge(meters, "hikaricp.connections.active", HikariPoolMXBean::getActiveConnections);
        gauge(meters, "hikaricp.connections.idle", HikariPoolMXBean::getIdleConnections);
        gauge(meters, "hikaricp.connections.pending", HikariPoolMXBean::getThreadsAwaitingConnection);
    }

    private void gauge(MeterRegistry meters, String name, ToDoubleFunction<HikariPoolMXBean> figure) {
        Gauge.builder(name, pool, source -> {
                    HikariPoolMXBean bean = source.getHikariPoolMXBean();
                    return bean == null ? 0 : figure.applyAsDouble(bean);
                })
                .register(meters);
    }
}
