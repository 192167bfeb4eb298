package org.securemed.ledger.log;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A store whose writing sessions fail when and how a test says, as if the connection broke: before the call reached the
 * database, or after it did and the answer was lost.
 */
final class FaultyStore implements LogStore {
    private final LogStore store;
    private volatile String method = "";
    private volatile boolean afterwards;
    private volatile boolean staysAway;
    private final AtomicInteger countdown = new AtomicInteger();
    private final AtomicInteger struck = new AtomicInteger();

    FaultyStore(LogStore store) {
        this.store = store;
    }

    /** The next {@code times} calls of this method fail. */
    void failNext(String name, boolean afterIt, int times) {
        method = name;
        afterwards = afterIt;
        struck.set(0);
        countdown.set(times);
    }

    /** The next call of this method takes place, its answer is lost, and from then on no session opens. */
    void stayAwayAfter(String name) {
        staysAway = true;
        failNext(name, true, 1);
    }

    /** Sessions open again. */
    void comeBack() {
        staysAway = false;
        failNext("open", false, 0);
    }

    /** How often it failed since. */
    int struck() {
        return struck.get();
    }

    @Override
    public Session write() {
        if (strikes("open")) {
            throw lost();
        }
        return faulty(store.write());
    }

    @Override
    public Session read() {
        return store.read();
    }

    @Override
    public void stage(Connection connection, List<StagedEntry> entries) {
        store.stage(connection, entries);
    }

    private Session faulty(Session session) {
        return (Session) Proxy.newProxyInstance(
                Session.class.getClassLoader(), new Class<?>[] {Session.class}, (proxy, called, arguments) -> {
                    boolean strikes = strikes(called.getName());
                    if (strikes && !afterwards) {
                        session.close();
                        throw lost();
                    }
                    try {
                        Object result = called.invoke(session, arguments);
                        if (strikes) {
                            session.close();
                            if (staysAway) {
                                failNext("open", false, Integer.MAX_VALUE);
                            }
                            throw lost();
                        }
                        return result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private boolean strikes(String name) {
        boolean strikes = name.equals(method) && countdown.getAndUpdate(left -> Math.max(0, left - 1)) > 0;
        if (strikes) {
            struck.incrementAndGet();
        }
        return strikes;
    }

    private static LedgerUnavailableException lost() {
        return new LedgerUnavailableException("the connection broke, as the test wanted");
    }
}
