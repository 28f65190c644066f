package io.headgate.containers.run;

import io.headgate.containers.Container;
import io.headgate.containers.VirtualThreads;
import org.eclipse.jetty.util.thread.VirtualThreadPool;

class VirtualJettyTest implements VirtualThreads {

    @Override
    public Container container() {
        return new Jetty(http -> {}, new VirtualThreadPool());
    }
}
